internal import Foundation
internal import GEMMTiming
internal import HostCalibration
internal import RooflineModels
internal import SeededRandom

/// Lets the fit decide which shapes to measure next: those whose predictions are unsure, by chance.
enum ModelGuidedChoice {
  /// The choice for a calibration that may end at a relative error (0.03: 3 %).
  static func adaptive(targetError: Double?) -> AdaptiveChoice {
    AdaptiveChoice(targetError: targetError) { table, candidates, count in
      rank(table, candidates, count)
    }
  }

  /// Unsure means a wide 90 % interval, which holds noise, the model's held-out error and the distance to rows.
  static func rank(
    _ table: TimingTable, _ candidates: [WorkItem], _ count: Int
  ) -> AdaptiveChoice.Ranking {
    guard let first = candidates.first,
      let row = table.rows.first(where: { $0.routine == .gemm && $0.threads == first.threads && $0.cache == .hot }),
      let model = try? FittedModel(
        fitting: table, group: MeasuredGroup(row), solver: LAPACKSolver(), options: FitOptions(folds: 5))
    else {
      // Too little for a fit: the candidates come in an order that fills the space.
      return .init(items: Array(candidates.prefix(count)), expectedError: .infinity)
    }
    var rated: [(item: WorkItem, halfWidth: Double)] = []
    for item in candidates {
      guard let prediction = try? model.predict(item.shape, .fp32) else { continue }
      rated.append((item, log(prediction.high / prediction.low) / 2))
    }
    // A normal error's mean magnitude is 0.798 of its deviation, and 90 % lie within 1.645 deviations.
    let mean = rated.reduce(0) { $0 + $1.halfWidth } / Double(max(1, rated.count))
    return .init(items: drawn(rated, count), expectedError: mean * 0.798 / 1.645)
  }

  /// Candidates drawn without replacement, each in proportion to its variance: where many shapes are unsure many are
  /// taken, and none is left out for being usual (Efraimidis and Spirakis, *Weighted random sampling with a reservoir*,
  /// 2006: the largest of u^(1/weight)).
  private static func drawn(_ rated: [(item: WorkItem, halfWidth: Double)], _ count: Int) -> [WorkItem] {
    var generator = SplitMix64(seed: UInt64(rated.count))
    let keyed = rated.map { rating in
      let weight = max(rating.halfWidth * rating.halfWidth, 1e-12)
      return (item: rating.item, key: log(Double.random(in: 1e-12..<1, using: &generator)) / weight)
    }
    return keyed.sorted { $0.key > $1.key }.prefix(count).map(\.item)
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
