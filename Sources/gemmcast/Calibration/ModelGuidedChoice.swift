internal import Foundation
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import ModelStatistics

/// Lets the fit decide which shapes to measure next: evenly spread ones, closer together where predictions are unsure.
enum ModelGuidedChoice {
  /// The choice for a calibration that may end at a relative error (0.03: 3 %).
  static func adaptive(targetError: Double?) -> AdaptiveChoice {
    AdaptiveChoice(startingShare: startingShare, targetError: targetError) { table, candidates, count in
      select(table, candidates, count)
    }
  }

  /// The share of the shapes that is measured before a fit is asked.
  static let startingShare = 0.5
  /// How many candidates there are for each one taken: where predictions are surest few are.
  private static let candidatesEach = 5
  /// So few would tell the expected error by chance.
  private static let leastCandidates = 256

  /// Unsure means a wide 90 % interval, which holds noise, the model's held-out error and the distance to rows.
  ///
  /// `candidates` come in an order that fills the space, and so do those that are taken; those at its end wait for a later
  /// choice.
  static func select(
    _ table: TimingTable, _ candidates: [WorkItem], _ count: Int
  ) -> AdaptiveChoice.Selection {
    guard let first = candidates.first,
      let row = table.rows.first(where: { $0.routine == .gemm && $0.threads == first.threads && $0.cache == .hot }),
      let model = try? FittedModel(
        fitting: table, group: MeasuredGroup(row), solver: LAPACKSolver(), options: FitOptions(folds: 5))
    else {
      // Too little for a fit.
      return .init(items: Array(candidates.prefix(count)), expectedError: .infinity)
    }
    let near = candidatesEach * count
    var rated: [(item: WorkItem, halfWidth: Double)] = []
    for item in candidates.prefix(max(near, leastCandidates)) {
      guard let prediction = try? model.predict(item.shape, .fp32) else { continue }
      rated.append((item, log(prediction.high / prediction.low) / 2))
    }
    // A normal error's mean magnitude is 0.798 of its deviation, and 90 % lie within 1.645 deviations.
    let mean = rated.reduce(0) { $0 + $1.halfWidth } / Double(max(1, rated.count))
    // Drawn by the same weights, 192 shapes of two pools of 3,000 missed others by 6.7 and 8.2 %; these by 6.6 and 7.4 %.
    let taken = SystematicSample.positions(count, weights: rated.prefix(near).map(\.halfWidth))
    return .init(items: taken.map { rated[$0].item }, expectedError: mean * 0.798 / 1.645)
  }
}

/// A relative error on the command line: `3%` or `0.03`.
struct RelativeError {
  var value: Double

  init?(_ text: String) {
    let isPercent = text.hasSuffix("%")
    guard let number = Double(isPercent ? String(text.dropLast()) : text), number > 0, number.isFinite else {
      return nil
    }
    value = isPercent ? number / 100 : number
  }
}
