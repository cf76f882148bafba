internal import Foundation
internal import GEMMTiming

/// Where 90 % of a device's rows lie around predictions that have seen other devices alone.
///
/// The 5th and the 95th percentile of the misses of all devices that were left out in turn, each of which counts the same.
struct UnseenSpread {
  private let misses: [[CommonGEMMFit.Miss]]
  /// Fewer rows than this tell nothing of a device's kernels of one bound.
  private static let fewestRows = 10

  /// The misses of each device that was left out.
  init(_ misses: [[CommonGEMMFit.Miss]]) { self.misses = misses }

  /// A spread by what bounds the time; `known` where no device has rows of a bound.
  func spread(known: GEMMSpread) -> GEMMSpread {
    func range(_ bound: TimePrediction.Bound) -> GEMMSpread.Range {
      let groups = misses.map { $0.filter { $0.bound == bound }.map(\.residual) }
        .filter { $0.count >= Self.fewestRows }
      guard !groups.isEmpty else { return known.range(bound, isAligned: true) }
      func factor(_ share: Double) -> Double { FixedDigits.rounded(exp(Self.percentile(groups, share))) }
      return .init(low: min(1, factor(0.05)), high: max(1, factor(0.95)))
    }
    return GEMMSpread(latency: range(.latency), memory: range(.memory), compute: range(.compute))
  }

  /// The value below which `share` of the weight lies, where every group weighs the same.
  static func percentile(_ groups: [[Double]], _ share: Double) -> Double {
    let sorted = groups.flatMap { group in group.map { (value: $0, weight: 1 / Double(group.count * groups.count)) } }
      .sorted { $0.value < $1.value }
    var weight = 0.0
    for entry in sorted {
      weight += entry.weight
      if weight >= share - 1e-12 { return entry.value }
    }
    return sorted.last?.value ?? 0
  }
}
