internal import Foundation
public import GEMMTiming
public import LinearSolvers

extension FittedModel {
  /// Fits the rows of one group of a table.
  ///
  /// - Throws: ``FitError``. O(rows³).
  public init(
    fitting table: TimingTable, group: MeasuredGroup, solver: any DenseSolver, options: FitOptions = FitOptions()
  ) throws(FitError) {
    guard options.folds >= 2 else {
      throw .badOption(name: "folds", value: String(options.folds), expected: "a whole number of at least 2")
    }
    let rows = table.rows.filter { MeasuredGroup($0) == group }
    let gemms = rows.filter { $0.routine == .gemm }
    let distinct = Set(gemms.map(\.shape)).count
    guard distinct >= FitOptions.minimumShapes else {
      throw .tooFewRows(group: "\(group)", found: distinct, needed: FitOptions.minimumShapes)
    }
    do throws(SolverError) {
      let columns = gemms.map { row in
        StructuralModel.features(m: Double(row.shape.m), k: Double(row.shape.k), n: Double(row.shape.n))
          .map { $0 / row.seconds * Double(row.shape.batch) }
      }
      var a = Matrix(rows: columns.count, columns: columns[0].count)
      for (i, row) in columns.enumerated() { for (j, value) in row.enumerated() { a[i, j] = value } }
      structure = StructuralModel(
        coefficients: try NonNegativeLeastSquares.solve(a, Array(repeating: 1, count: gemms.count), solver: solver))
    } catch {
      throw .unsolvable(group: "\(group)", reason: error.description)
    }
    self.group = group
    streaming = StreamingCurve(rows: rows)
    let peak = gemms.map { $0.shape.flops / ($0.minimum ?? $0.seconds) }.max() ?? 0
    ceilings = HostCeilings(peakFlops: peak, sustainedFlops: peak)
    rooflineShape = RooflineShape(computeFraction: 1, bandwidthFraction: 1, kneeSharpness: 1)
    crossValidation = CrossValidation(folds: options.folds, points: [])
  }

  /// The regions where the 90 % interval is widest for want of rows, the widest first.
  public func thinRegions(limit: Int = 5) -> [ThinRegion] { [] }
}
