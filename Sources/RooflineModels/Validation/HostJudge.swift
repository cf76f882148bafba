internal import Foundation
public import GEMMTiming

/// Judges rows of hosts, each by the fit of its own threads, cache state and library.
///
/// A row that taught the fit is held against what the fit says of it, and against what a fit said that had not seen it
/// (the fit's ``CrossValidation``). The interval of any other row takes in how unsure the row's own median is.
public struct HostJudge: Sendable {
  /// What a fit says of a row.
  struct Verdict {
    let prediction: TimePrediction
    /// What a fit said that had not seen the row; nil where it taught no fit.
    let heldOut: ValidationRow.Estimate?
  }

  /// A fit with what the measured file says of its shapes.
  private struct Judge {
    let model: FittedModel
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
    judges = models.map { model in
      var judge = Judge(model: model)
      let points = Dictionary(
        model.crossValidation.points.map { ($0.shape, $0) }, uniquingKeysWith: { first, _ in first })
      let members = rows.filter { MeasuredGroup($0) == model.group }
      for row in (try? FitRow.pooled(members)) ?? [] {
        judge.noise[row.shape] = row.noise
        guard let index = model.rowIndex[row.shape] else { continue }
        // A table keeps picoseconds of microseconds.
        if abs(log(row.seconds / model.rows[index].seconds)) < 1e-6 { judge.heldOut[row.shape] = points[row.shape] }
      }
      return judge
    }
  }

  /// Whether a device is one of the hosts.
  func knows(_ device: String) -> Bool { judges.contains { $0.model.deviceName == device } }

  /// What the row's own fit says of it; nil where there is no such fit, or it has no streams to judge a stream by.
  func verdict(_ entry: MeasuredTable.Entry, _ row: TimingRow) throws(UnsupportedOperation) -> Verdict? {
    guard let judge = judge(of: row), !entry.isStream || judge.model.streaming != nil else { return nil }
    let prediction = try judge.model.predict(entry.operation)
    guard case .gemm(let shape, _) = entry.operation,
      let single = try? GEMMShape(m: shape.m, k: shape.k, n: shape.n)
    else { return Verdict(prediction: prediction, heldOut: nil) }
    if let point = judge.heldOut[single] {
      let batch = Double(shape.batch)
      return Verdict(
        prediction: prediction,
        heldOut: .init(predicted: batch * point.predicted, low: batch * point.low, high: batch * point.high))
    }
    return Verdict(prediction: prediction.widened(by: judge.noise[single] ?? 0), heldOut: nil)
  }

  private func judge(of row: TimingRow) -> Judge? {
    let group = MeasuredGroup(row)
    if let own = judges.first(where: { $0.model.group == group }) { return own }
    // What a row does not say may be as any fit has it; what both say must be the same.
    func agrees(_ other: MeasuredGroup) -> Bool {
      row.device == other.device && row.dtype == other.dtype && (row.threads ?? other.threads) == other.threads
        && (row.cache ?? other.cache) == other.cache && (group.library ?? other.library) == other.library
        && (group.kernel ?? other.kernel) == other.kernel
    }
    return judges.first { $0.model.group == usual && agrees($0.model.group) }
      ?? judges.first { agrees($0.model.group) }
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
