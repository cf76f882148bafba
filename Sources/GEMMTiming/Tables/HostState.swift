internal import DataFiles
internal import Foundation

/// How the host was while a row was measured, as far as that is known: what a calibration writes beside the time.
public struct HostState: Hashable, Sendable {
  /// Seconds of a call as the clock said, before the correction for a core that other work shared.
  public var rawSeconds: Double?
  /// How many times as long as on a quiet core everything took beside the calls.
  public var coreSlowdown: Double?
  /// The time of a fixed product, the canary, beside the calls over its time on the undisturbed host.
  public var canaryRatio: Double?
  /// Seconds that the canary takes on the undisturbed host.
  public var canarySeconds: Double?
  /// CPU seconds that a hypervisor gave to others meanwhile.
  public var stolenSeconds: Double?
  /// How often the scheduler took a core away meanwhile.
  public var involuntarySwitches: Int?
  /// The share of the time that the calling thread was ready and waited for a core.
  public var waitedShare: Double?

  /// Describes a state.
  public init(
    rawSeconds: Double? = nil, coreSlowdown: Double? = nil, canaryRatio: Double? = nil, canarySeconds: Double? = nil,
    stolenSeconds: Double? = nil, involuntarySwitches: Int? = nil, waitedShare: Double? = nil
  ) {
    self.rawSeconds = rawSeconds
    self.coreSlowdown = coreSlowdown
    self.canaryRatio = canaryRatio
    self.canarySeconds = canarySeconds
    self.stolenSeconds = stolenSeconds
    self.involuntarySwitches = involuntarySwitches
    self.waitedShare = waitedShare
  }

  /// How many times as long as undisturbed the host took: by its core, or by the canary where the core was not read.
  public var slowdown: Double? { coreSlowdown ?? canaryRatio }

  /// How many times as long as `seconds` the clock said; nil where it is unknown.
  public func correction(of seconds: Double) -> Double? { rawSeconds.map { $0 / seconds } }
}

// MARK: - Columns of a table

extension HostState {
  /// The columns that hold a state, in order.
  public static let columns = [
    "raw_us", "core_slowdown", "canary_ratio", "canary_us", "steal_us", "switches", "waited",
  ]

  /// The columns of tables of earlier versions, and those that stand in their places now.
  fileprivate static let earlierColumns = ["excess": ["raw_us"], "canary": ["core_slowdown", "canary_ratio"]]

  /// Reads the state beside a row.
  ///
  /// In tables of earlier versions `excess` is the raw time over the row's, and `canary` the core's slowdown or else the
  /// canary's ratio. What is no number, or not above 0 where it must be, is unknown.
  public init(_ row: TimingRow) {
    func positive(_ column: String) -> Double? { row.number(column).flatMap { $0 > 0 ? $0 : nil } }
    self.init(
      rawSeconds: positive("raw_us").map { $0 * 1e-6 } ?? positive("excess").map { $0 * row.seconds },
      coreSlowdown: positive("core_slowdown"), canaryRatio: positive("canary_ratio") ?? positive("canary"),
      canarySeconds: positive("canary_us").map { $0 * 1e-6 }, stolenSeconds: row.number("steal_us").map { $0 * 1e-6 },
      involuntarySwitches: row.number("switches").flatMap { Int(exactly: $0) }, waitedShare: row.number("waited"))
  }

  /// The state as fields of a row, by column; those of what is unknown are missing.
  public var fields: [String: String] {
    func text(_ value: Double?, _ decimals: Int) -> String? { value.map { FixedPoint.text($0, decimals: decimals) } }
    let texts = [
      rawSeconds.map(TimingTable.microseconds), text(coreSlowdown, 4), text(canaryRatio, 4),
      text(canarySeconds.map { $0 * 1e6 }, 3), text(stolenSeconds.map { $0 * 1e6 }, 0),
      involuntarySwitches.map(String.init), text(waitedShare, 4),
    ]
    return zip(Self.columns, texts).reduce(into: [:]) { $0[$1.0] = $1.1 }
  }

  /// Writes the state into a row, in the place of what the row says of it.
  public func write(into row: inout TimingRow) {
    for column in Self.columns + Self.earlierColumns.keys { row.other[column] = nil }
    row.other.merge(fields) { $1 }
  }
}

extension TimingTable {
  /// The table with the host's state in the columns of today, where it has those of an earlier version.
  ///
  /// O(rows).
  public func withCurrentHostState() -> TimingTable {
    guard otherColumns.contains(where: { HostState.earlierColumns[$0] != nil }) else { return self }
    var table = TimingTable(rows: rows)
    for column in otherColumns.flatMap({ HostState.earlierColumns[$0] ?? [$0] })
    where !table.otherColumns.contains(column) {
      table.otherColumns.append(column)
    }
    for index in table.rows.indices { HostState(table.rows[index]).write(into: &table.rows[index]) }
    return table
  }
}

// MARK: - Pooling

extension HostState {
  /// How several states become one.
  public enum Mean: Sendable {
    /// As visits of one run do.
    case arithmetic
    /// As rows of several runs do, whose times are pooled by their logarithms.
    case geometric

    /// The mean of some values with their weights; nil without any.
    fileprivate func callAsFunction(_ values: [(value: Double, weight: Double)]) -> Double? {
      let weight = values.reduce(0) { $0 + $1.weight }
      guard weight > 0 else { return nil }
      return switch self {
      case .arithmetic: values.reduce(0) { $0 + $1.weight * $1.value } / weight
      case .geometric: exp(values.reduce(0) { $0 + $1.weight * log($1.value) } / weight)
      }
    }
  }

  /// A measurement's state with the time that it came to and what it counts.
  public typealias Part = (state: HostState, seconds: Double, weight: Double)

  /// One state of several measurements that together came to `seconds`.
  ///
  /// Ratios and the canary's time are averaged over those that know them, the share waited by its arithmetic mean; what was
  /// taken away is added up. Where some know their core's slowdown, the others count with their canary's ratio. O(parts).
  public static func pooled(_ parts: [Part], seconds: Double, by mean: Mean) -> HostState {
    func known(_ value: (Part) -> Double?) -> [(value: Double, weight: Double)] {
      parts.compactMap { part in value(part).map { ($0, part.weight) } }
    }
    let isCoreKnown = parts.contains { $0.state.coreSlowdown != nil }
    let stolen = parts.compactMap(\.state.stolenSeconds)
    let switches = parts.compactMap(\.state.involuntarySwitches)
    return HostState(
      rawSeconds: mean(known { $0.state.correction(of: $0.seconds) }).map { $0 * seconds },
      coreSlowdown: isCoreKnown ? mean(known { $0.state.slowdown }) : nil,
      canaryRatio: mean(known { $0.state.canaryRatio }), canarySeconds: mean(known { $0.state.canarySeconds }),
      stolenSeconds: stolen.isEmpty ? nil : stolen.reduce(0, +),
      involuntarySwitches: switches.isEmpty ? nil : switches.reduce(0, +),
      waitedShare: Mean.arithmetic(known { $0.state.waitedShare }))
  }
}
