public import GEMMTiming
public import LinearSolvers

extension DeviceModel {
  /// The model with its GEMM parameters refitted to rows that were measured on this device, and a smooth remainder
  /// learned from them where that predicts rows better that the fit has not seen.
  ///
  /// Element types that share tiles and parameters with one that was measured, and have no rows of their own, follow it.
  /// Rows of other devices and routines are left out.
  ///
  /// - Throws: `SolverError`; it does not occur with finite rows.
  public func refined(by rows: [TimingRow], solver: any DenseSolver) throws(SolverError) -> DeviceModel {
    try taught(by: rows, solver: solver).model
  }

  /// ``refined(by:solver:)``, and what the rows of each element type brought.
  public func taught(
    by rows: [TimingRow], solver: any DenseSolver
  ) throws(SolverError) -> (model: DeviceModel, lessons: [RefinementLesson]) {
    let own = rows.filter { $0.device == specification.name && $0.routine == .gemm }
    guard !own.isEmpty else { return (self, []) }
    var lessons: [RefinementLesson] = []
    var refined = gemms
    var corrections = remainders
    var ranges = measured
    let measuredTypes = DataType.allCases.filter { dtype in own.contains { $0.dtype == dtype } }
    for (index, dtype) in DataType.allCases.enumerated() where measuredTypes.contains(dtype) {
      let taught = own.filter { $0.dtype == dtype }
      guard let base = gemms[index] else {
        lessons.append(
          .init(
            kind: "GEMM", subject: dtype.rawValue, rows: taught.count,
            outcome: .unused("the device file has no tiles of that type")))
        continue
      }
      let refinement = GEMMRefinement(
        .init(tiled: base, remainder: remainders[index]), rows: taught,
        isFitted: detail >= .shipped && specification.gemmFit(for: dtype) != nil)
      let (model, after) = try refinement.refined(solver)
      lessons.append(
        .init(
          kind: "GEMM", subject: dtype.rawValue, rows: taught.count,
          outcome: .refined(before: refinement.errorBefore, after: after)))
      // Types without rows whose model was the same stay alike.
      for (other, type) in DataType.allCases.enumerated()
      where type == dtype || !measuredTypes.contains(type) && specification.sharesModel(type, dtype) {
        refined[other] = model.tiled
        corrections[other] = model.remainder
        ranges[other] = MeasuredExtents(taught.map(\.shape))
      }
    }
    let model = DeviceModel(
      self, gemms: refined, remainders: corrections, measured: ranges, weightsInTurn: weightsInTurn)
    return (model, lessons)
  }
}

extension DeviceSpecification {
  /// Whether GEMMs of two element types take the same time by all that the file says.
  func sharesModel(_ left: DataType, _ right: DataType) -> Bool {
    left.size == right.size && tiles(for: left) == tiles(for: right) && peaks[left]?.value == peaks[right]?.value
      && gemmFit(for: left) == gemmFit(for: right)
  }
}

/// The box of shapes that were measured: inside it predictions are interpolated, outside extrapolated.
struct MeasuredExtents: Sendable {
  private let lower: (m: Int, k: Int, n: Int, batch: Int)
  private let upper: (m: Int, k: Int, n: Int, batch: Int)

  /// The smallest box around shapes; nil when there are none.
  init?(_ shapes: [GEMMShape]) {
    guard let first = shapes.first else { return nil }
    var (low, high) = (
      (m: first.m, k: first.k, n: first.n, batch: first.batch), (m: first.m, k: first.k, n: first.n, batch: first.batch)
    )
    for shape in shapes {
      low = (min(low.m, shape.m), min(low.k, shape.k), min(low.n, shape.n), min(low.batch, shape.batch))
      high = (max(high.m, shape.m), max(high.k, shape.k), max(high.n, shape.n), max(high.batch, shape.batch))
    }
    (lower, upper) = (low, high)
  }

  func contains(_ shape: GEMMShape) -> Bool {
    (lower.m...upper.m).contains(shape.m) && (lower.k...upper.k).contains(shape.k)
      && (lower.n...upper.n).contains(shape.n) && (lower.batch...upper.batch).contains(shape.batch)
  }
}
