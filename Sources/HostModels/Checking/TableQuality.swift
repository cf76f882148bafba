internal import DataFiles
public import GEMMTiming
internal import ModelStatistics

/// Whether a host's table is fit for use: whether forecasts may rest on it without anybody having asked for this very table.
///
/// Only groups with operands in cache are judged; the others tell what operands in memory cost in addition.
public struct TableQuality: Hashable, Sendable, Codable {
  /// Why a table is not fit for use.
  public enum Defect: Hashable, Sendable, Codable {
    /// A group has so many different shapes, fewer than ``TableQuality/leastShapes``.
    case fewShapes(MeasuredGroup, count: Int)
    /// The measuring thread waited for its core for so large a share of the time: others were using it.
    case busyMachine(MeasuredGroup, waited: Double)
    /// The fit misses shapes that it has not seen by so much; beside it what measuring again differs by, where it is known.
    case unpredictable(MeasuredGroup, error: Double, noise: Double?)
    /// GEMMs without end reach so little of the fastest row.
    case lowCompute(MeasuredGroup, fraction: Double)
    /// Passes over memory reach so little of the fastest one.
    case lowBandwidth(MeasuredGroup, fraction: Double)
  }

  /// Different shapes from which on a fit can be judged by those that it has not seen.
  public static let leastShapes = 64
  /// A quiet machine's thread waits for less than 0.01; beside one busy loop a core it waits for half.
  public static let largestWait = 0.1
  /// The mean held-out error of a quick calibration is 0.05 to 0.12, that of one beside heavy neighbours 1.4.
  public static let largestError = 0.25
  /// The least that hosts were seen to sustain is 0.8 of the fastest row and 0.5 of the fastest pass over memory.
  public static let leastFraction = 0.3

  /// What is wrong, in the order of the groups; empty when the table is fit for use.
  public let defects: [Defect]

  /// Whether forecasts may rest on the table.
  public var isFit: Bool { defects.isEmpty }

  /// Judges fits beside the rows that they were made of.
  ///
  /// O(rows).
  public init(_ models: [FittedModel], rows: TimingTable) {
    var defects: [Defect] = []
    for model in models where model.group.cache != .cold {
      let group = model.group
      if model.shapeCount < Self.leastShapes { defects.append(.fewShapes(group, count: model.shapeCount)) }
      let waits = rows.rows.lazy.filter { MeasuredGroup($0) == group }.compactMap { HostState($0).waitedShare }
      let waited = waits.reduce(0, +) / Double(max(waits.count, 1))
      if waited > Self.largestWait { defects.append(.busyMachine(group, waited: waited)) }
      let noise = model.crossValidation.repeatNoise()
      if let error = model.crossValidation.statistics()?.mean, error > Self.largestError {
        defects.append(.unpredictable(group, error: error, noise: noise))
      }
      let shape = model.rooflineShape
      if shape.computeFraction < Self.leastFraction {
        defects.append(.lowCompute(group, fraction: shape.computeFraction))
      }
      if shape.bandwidthFraction < Self.leastFraction {
        defects.append(.lowBandwidth(group, fraction: shape.bandwidthFraction))
      }
    }
    self.defects = defects
  }
}

extension TableQuality.Defect: CustomStringConvertible {
  /// One sentence for people, without its full stop.
  public var description: String {
    func percent(_ value: Double) -> String {
      FixedPoint.text(100 * value, decimals: value < 0.1 ? 1 : 0) + " %"
    }
    switch self {
    case .fewShapes(let group, let count):
      return "\(group): \(count) shapes were measured; \(TableQuality.leastShapes) are the least"
    case .busyMachine(let group, let waited):
      return "\(group): other programs held the cores for \(percent(waited)) of the time; at most "
        + "\(percent(TableQuality.largestWait)) is usable"
    case .unpredictable(let group, let error, let noise):
      let beside = noise.map { " (measuring again differs by \(percent($0)))" } ?? ""
      return "\(group): the fit misses shapes that it has not seen by \(percent(error))\(beside); at most "
        + "\(percent(TableQuality.largestError)) is usable"
    case .lowCompute(let group, let fraction):
      return "\(group): large products reach \(percent(fraction)) of the fastest; at least "
        + "\(percent(TableQuality.leastFraction)) is expected"
    case .lowBandwidth(let group, let fraction):
      return "\(group): passes over memory reach \(percent(fraction)) of the fastest; at least "
        + "\(percent(TableQuality.leastFraction)) is expected"
    }
  }
}
