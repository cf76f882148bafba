internal import Foundation
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import SeededRandom

/// Replays calibrations on measured rows, to compare ways of choosing shapes.
struct SamplingStudy {
  /// How shapes are chosen.
  enum Way: String, CaseIterable {
    case grid, random
    case spaceFilling = "space-filling"
    case adaptive
  }

  /// The rows that may be picked, and those that are predicted: GEMMs, hot, one number of threads.
  let pool: [TimingRow]
  let heldOut: [TimingRow]
  private let threads: Int

  init(pool: TimingTable, heldOut: TimingTable, threads: Int) {
    func rows(_ table: TimingTable) -> [TimingRow] {
      table.rows.filter { $0.routine == .gemm && $0.threads == threads && $0.cache != .cold && $0.shape.batch == 1 }
    }
    let shapes = Set(rows(heldOut).map(\.shape))
    self.pool = rows(pool).filter { !shapes.contains($0.shape) }
    self.heldOut = rows(heldOut).filter { (1e4...1e10).contains($0.shape.flops) }
    self.threads = threads
  }

  /// The mean relative error over the held-out shapes after picking `count`; nil when no fit is possible.
  func error(_ way: Way, count: Int, seed: UInt64) -> Double? {
    var generator = SplitMix64(seed: seed)
    let chosen: [TimingRow] =
      switch way {
      case .random: Array(pool.shuffled(using: &generator).prefix(count))
      case .grid: nearest(to: grid(count), count)
      case .spaceFilling: nearest(to: even(count, &generator), count)
      case .adaptive: adaptive(count, &generator)
      }
    guard let model = fit(chosen) else { return nil }
    let errors = heldOut.compactMap { row in
      (try? model.predict(row.shape, .fp32)).map { abs($0.seconds / row.seconds - 1) }
    }
    return errors.isEmpty ? nil : errors.reduce(0, +) / Double(errors.count)
  }

  private func fit(_ rows: [TimingRow]) -> FittedModel? {
    guard let first = rows.first else { return nil }
    return try? FittedModel(
      fitting: TimingTable(rows: rows), group: MeasuredGroup(first), solver: LAPACKSolver(),
      options: FitOptions(folds: 5))
  }

  /// A first share that fills the space, then what the model chooses among those that would fill it further.
  private func adaptive(_ count: Int, _ generator: inout SplitMix64) -> [TimingRow] {
    let order = nearest(to: even(pool.count, &generator), pool.count)
    let first = min(count, max(24, Int(Double(count) * ModelGuidedChoice.startingShare)))
    var chosen = Array(order.prefix(first))
    var waiting = order.dropFirst(first).map { WorkItem($0.shape, threads: threads) }
    let byShape = Dictionary(pool.map { ($0.shape, $0) }, uniquingKeysWith: { first, _ in first })
    while chosen.count < count {
      let selection = ModelGuidedChoice.select(
        TimingTable(rows: chosen), waiting, min(count - chosen.count, max(8, count / 8)))
      let taken = Set(selection.items)
      if taken.isEmpty { break }
      chosen += selection.items.compactMap { byShape[$0.shape] }
      waiting.removeAll(where: taken.contains)
    }
    return chosen
  }

  /// A regular grid of at least `count` points on the logarithmic scale.
  private func grid(_ count: Int) -> [[Double]] {
    let side = max(2, Int(pow(Double(count), 1 / 3).rounded(.up)))
    let steps = (0..<side).map { 13 * (Double($0) + 0.5) / Double(side) }
    return steps.flatMap { m in steps.flatMap { k in steps.map { n in [m, k, n] } } }
  }

  /// Points that fill the space evenly from a random start, as those of a calibration's plan do.
  private func even(_ count: Int, _ generator: inout SplitMix64) -> [[Double]] {
    ShapeSequence(m: 1...8192, k: 1...8192, n: 1...8192, seed: generator.next()).prefix(max(1, count))
      .map { [$0.m, $0.k, $0.n].map { log2(Double($0)) } }
  }

  /// For each point the nearest row that is not taken, `count` rows in all.
  private func nearest(to points: [[Double]], _ count: Int) -> [TimingRow] {
    var free = pool.map { row in (row, [row.shape.m, row.shape.k, row.shape.n].map { log2(Double($0)) }) }
    var chosen: [TimingRow] = []
    // More points than rows are wanted: taken evenly, not from one end.
    for index in 0..<min(count, points.count) {
      let point = points[index * points.count / min(count, points.count)]
      func distance(_ position: [Double]) -> Double {
        zip(point, position).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      guard let best = free.indices.min(by: { distance(free[$0].1) < distance(free[$1].1) }) else { break }
      chosen.append(free[best].0)
      free.remove(at: best)
    }
    return chosen
  }
}
