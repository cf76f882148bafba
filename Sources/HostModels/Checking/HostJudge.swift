internal import Foundation
public import GEMMTiming

/// Judges rows of hosts, each by the fit of its own threads, operands and library.
///
/// A row that taught the fit is held against what the fit says of it, and against what a fit said that had not seen it
/// (the fit's ``CrossValidation``). The interval of any other row takes in how unsure the row's own median is.
public struct HostJudge: Sendable {
  /// A fit, or one beside it, with what the measured file says of its shapes.
  fileprivate struct Judge {
    let model: FittedModel
    let group: MeasuredGroup
    /// The relative standard errors of the file's medians.
    var noise: [GEMMShape: Double] = [:]
    /// What fits said that had not seen a shape, for each shape whose rows taught the model.
    var heldOut: [GEMMShape: HeldOutPoint] = [:]
  }

  private let judges: [Judge]
  private let usual: MeasuredGroup?

  /// Prepares to judge rows of a measured file.
  ///
  /// - Parameters:
  ///   - models: the fits at hand.
  ///   - usual: the group of the fit for rows that do not say their threads or cache state.
  ///   - rows: the measured file. A shape has taught a fit where its rows, pooled, are the fit's own.
  public init(_ models: [FittedModel], usual: MeasuredGroup? = nil, rows: [TimingRow]) {
    self.usual = usual
    judges = models.flatMap { model in
      [Judge(model, model.group, taughtBy: model.rows, test: model.crossValidation, rows: rows)]
        + model.operands.map {
          Judge(model, $0.group, taughtBy: $0.rows, test: $0.crossValidation, rows: rows)
        }
    }
  }

  /// What the row's own fit says of the operation that it measured.
  public func verdict(
    _ row: TimingRow, of operation: GEMMTiming.Operation
  ) throws(UnsupportedOperation) -> RowVerdict {
    guard judges.contains(where: { $0.model.deviceName == row.device }) else { return .noHost }
    guard let judge = judge(of: row), row.routine == .gemm || judge.model.tells(operation) else { return .noFit }
    guard case .gemm(let shape, let dtype, _) = operation,
      let single = try? GEMMShape(m: shape.m, k: shape.k, n: shape.n)
    else { return .judged(try judge.model.predict(operation), heldOut: nil) }
    try judge.model.check(dtype)
    let prediction =
      try judge.model.gemm(shape, cache: judge.group.cache ?? .hot, layout: judge.group.layout)
      .checked(of: judge.model.deviceName, for: operation)
    if let point = judge.heldOut[single] {
      let batch = Double(shape.batch)
      let heldOut = TimePrediction(
        seconds: batch * point.predicted, low: batch * point.low, high: batch * point.high, bound: prediction.bound,
        source: prediction.source)
      return .judged(prediction, heldOut: heldOut)
    }
    return .judged(prediction.widened(by: judge.noise[single] ?? 0), heldOut: nil)
  }

  private func judge(of row: TimingRow) -> Judge? {
    let group = MeasuredGroup(row)
    if let own = judges.first(where: { $0.group == group }) { return own }
    // What a row does not say may be as any fit has it; what both say must be the same.
    func agrees(_ other: MeasuredGroup) -> Bool {
      row.device == other.device && row.dtype == other.dtype && (row.threads ?? other.threads) == other.threads
        && (row.cache ?? other.cache) == other.cache && row.layout == other.layout
        && (group.library ?? other.library) == other.library
        && (group.kernel ?? other.kernel) == other.kernel
    }
    return judges.first { $0.group == usual && agrees($0.group) } ?? judges.first { agrees($0.group) }
  }
}

extension HostJudge.Judge {
  /// A judge of a group whose fit `taught` it; `rows` are the measured file's.
  init(
    _ model: FittedModel, _ group: MeasuredGroup, taughtBy taught: [FitRow], test: CrossValidation, rows: [TimingRow]
  ) {
    self.init(model: model, group: group)
    let known = Dictionary(zip(taught.map(\.shape), zip(taught, test.points)), uniquingKeysWith: { first, _ in first })
    for row in (try? FitRow.pooled(rows.filter { MeasuredGroup($0) == group })) ?? [] {
      noise[row.shape] = row.noise
      guard let (taught, point) = known[row.shape] else { continue }
      // A table keeps picoseconds of microseconds.
      if abs(log(row.seconds / taught.seconds)) < 1e-6 { heldOut[row.shape] = point }
    }
  }
}

extension TimePrediction {
  /// The prediction with the interval of a time whose relative standard error is `noise`.
  fileprivate func widened(by noise: Double) -> TimePrediction {
    func distance(_ end: Double) -> Double { IntervalModel.widened(abs(log(end / seconds)), by: noise) }
    return TimePrediction(
      seconds: seconds, low: seconds * exp(-distance(low)), high: seconds * exp(distance(high)), bound: bound,
      source: source)
  }
}
