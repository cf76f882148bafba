internal import GEMMTiming

extension FittedModel {
  /// A model as its file has it: what cannot be told from the rest.
  struct Record: Codable {
    var group: MeasuredGroup
    var ceilings: HostCeilings
    var roofline: RooflineShape
    var structure: StructuralModel
    var asymptote: RooflineAsymptote.Record
    /// The remainders of both paths; nil where the structure stands alone.
    var large: ResidualProcess.Record?
    var small: ResidualProcess.Record?
    var intervals: IntervalModel.Record
    var streaming: StreamingCurve?
    var passes: [PassCost]
    var test: RowsRecord
    var operands: [OperandFit.Record]
  }
}

/// The rows of a fit and its held-out test.
struct RowsRecord: Codable {
  /// Into how many parts the rows were dealt.
  var folds: Int
  /// m, k, n, seconds, noise (not a number where it is unknown), shortest, predicted, low, high; one after the other.
  var rows: PackedNumbers

  static let size = 9

  init(_ rows: [FitRow], _ test: CrossValidation) {
    folds = test.folds
    self.rows = PackedNumbers(
      zip(rows, test.points).flatMap { row, point in
        [row.m, row.k, row.n, row.seconds, row.noise ?? .nan, row.shortest, point.predicted, point.low, point.high]
      })
  }

  func unpacked(_ check: ModelCheck) throws(ModelDefect) -> (rows: [FitRow], test: CrossValidation) {
    let check = check["rows"]
    guard let groups = rows.groups(of: Self.size), !groups.isEmpty else {
      throw check.defect("has \(rows.values.count) numbers", expected: "one row of \(Self.size) or more")
    }
    var (rows, points) = ([FitRow](), [HeldOutPoint]())
    rows.reserveCapacity(groups.count)
    points.reserveCapacity(groups.count)
    for group in groups {
      let fields = Array(group)
      guard let m = Int(exactly: fields[0]), let k = Int(exactly: fields[1]), let n = Int(exactly: fields[2]),
        let shape = try? GEMMShape(m: m, k: k, n: n)
      else { throw check.defect("has extents \(fields.prefix(3))", expected: "whole m, k and n of a product") }
      for index in [3, 5, 6, 7, 8] { try check.number(fields[index], in: ModelCheck.seconds) }
      let noise = fields[4].isNaN ? nil : fields[4]
      try check.number(noise ?? 0, in: 0...1e20)
      rows.append(FitRow(shape: shape, seconds: fields[3], noise: noise, shortest: fields[5]))
      points.append(
        HeldOutPoint(
          shape: shape, measured: fields[3], predicted: fields[6], low: fields[7], high: fields[8], noise: noise))
    }
    return (rows, CrossValidation(folds: folds, points: points))
  }
}

extension RooflineAsymptote {
  struct Record: Codable {
    var costs: [Double]
    var fitted: Bool
    var depth: Int
    var shared: Bool
    var hiding: Double
    var uncached: UncachedCost?
  }
}

extension IntervalModel {
  struct Record: Codable {
    var overall: Double
    var lowQuantiles: [Double]
    var highQuantiles: [Double]
    var growth: Double
  }
}

extension ResidualProcess {
  struct Record: Codable {
    var parameters: Hyperparameters
    var spread: Double
    /// Where the pieces stand, and of each its rows by their indices and their weights.
    var centers: PackedNumbers
    var rows: [PackedNumbers]
    var weights: [PackedNumbers]
  }
}

extension OperandFit {
  struct Record: Codable {
    var cache: TimingRow.CacheState
    var layout: OperandLayout
    var costs: [Double]
    var process: ResidualProcess.Record
    var intervals: IntervalModel.Record
    var test: RowsRecord
  }
}

// MARK: - From models

extension FittedModel.Record {
  init(_ model: FittedModel) {
    self.init(
      group: model.group, ceilings: model.ceilings, roofline: model.rooflineShape, structure: model.structure,
      asymptote: RooflineAsymptote.Record(model.asymptote),
      large: model.remainder?.large.map(ResidualProcess.Record.init),
      small: model.remainder?.small.map(ResidualProcess.Record.init), intervals: IntervalModel.Record(model.intervals),
      streaming: model.streaming, passes: model.passes, test: RowsRecord(model.rows, model.crossValidation),
      operands: model.operands.map(OperandFit.Record.init))
  }
}

extension RooflineAsymptote.Record {
  init(_ asymptote: RooflineAsymptote) {
    self.init(
      costs: asymptote.costs, fitted: asymptote.isFitted, depth: asymptote.depth, shared: asymptote.isShared,
      hiding: asymptote.hiding, uncached: asymptote.uncached)
  }
}

extension IntervalModel.Record {
  init(_ intervals: IntervalModel) {
    self.init(
      overall: intervals.overall, lowQuantiles: intervals.lowQuantiles, highQuantiles: intervals.highQuantiles,
      growth: intervals.growth.rate)
  }
}

extension ResidualProcess.Record {
  init(_ process: ResidualProcess) {
    self.init(
      parameters: process.parameters, spread: process.spread,
      centers: PackedNumbers(process.pieces.flatMap(\.center)),
      rows: process.pieces.map { PackedNumbers($0.rows.map(Double.init)) },
      weights: process.pieces.map { PackedNumbers($0.weights) })
  }
}

extension OperandFit.Record {
  init(_ fit: OperandFit) {
    self.init(
      cache: fit.group.cache ?? .hot, layout: fit.group.layout, costs: fit.correction.costs,
      process: ResidualProcess.Record(fit.correction.process), intervals: IntervalModel.Record(fit.intervals),
      test: RowsRecord(fit.rows, fit.crossValidation))
  }
}
