internal import Foundation
internal import GEMMTiming
internal import HostCalibration
internal import RooflineModels

/// Lets the fit decide which shapes to measure next: those whose predictions are least sure, spread out.
enum ModelGuidedChoice {
  /// The choice for a calibration that may end at a relative error (0.03: 3 %).
  static func adaptive(targetError: Double?) -> AdaptiveChoice {
    AdaptiveChoice(targetError: targetError) { table, candidates, count in
      rank(table, candidates, count)
    }
  }

  /// Least sure means the widest 90 % interval, which holds noise, the model's held-out error and the distance to rows.
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
    return .init(
      items: spread(rated.sorted { $0.halfWidth > $1.halfWidth }.map(\.item), count),
      expectedError: mean * 0.798 / 1.645)
  }

  /// The first of a ranking that keep their distance: two neighbours tell the model the same.
  private static func spread(_ ranking: [WorkItem], _ count: Int) -> [WorkItem] {
    var chosen: [WorkItem] = []
    var positions: [[Double]] = []
    // An octave apart in some dimension at first, then less and less.
    for distance in [1, 0.5, 0.25, 0] {
      for item in ranking where chosen.count < count && !chosen.contains(item) {
        let position = [item.shape.m, item.shape.k, item.shape.n].map { log2(Double($0)) }
        let isFar = positions.allSatisfy { other in
          zip(position, other).contains { abs($0 - $1) >= distance }
        }
        if isFar {
          chosen.append(item)
          positions.append(position)
        }
      }
    }
    return chosen
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
