public import DataFiles
public import GEMMTiming
public import LinearSolvers

extension DeviceModel {
  /// The fits of this model refined by rows of its device, as its device file may carry them: one for each element type
  /// that the rows have.
  ///
  /// - Parameters:
  ///   - rows: measured times; those of other devices are left out.
  ///   - source: what the rows are, for the file's reader.
  ///   - solver: solves the refinement's least squares.
  /// - Returns: the fits in the order of `DataType.allCases`.
  /// - Throws: `SolverError`; it does not occur with finite rows.
  public func gemmFits(
    taughtBy rows: [TimingRow], source: String, solver: any DenseSolver
  ) throws(SolverError) -> [GEMMFit] {
    let refined = try refined(by: rows, solver: solver)
    var fits: [GEMMFit] = []
    for (index, dtype) in DataType.allCases.enumerated() {
      let count = rows.count { $0.device == specification.name && $0.routine == .gemm && $0.dtype == dtype }
      guard count > 0, let tiled = refined.gemms[index] else { continue }
      let known = specification.gemmFit(for: dtype)
      let surface = refined.remainders[index]?.surface
      let lesson = "\(count) \(dtype.rawValue) rows: \(source)"
      // Where rows are predicted best by what is known, only their spread is new.
      let kept = known.flatMap { $0.parameters == tiled.parameters && $0.remainder == surface ? $0 : nil }
      fits.append(
        GEMMFit(
          dtypes: known?.dtypes ?? [dtype], parameters: tiled.parameters, spread: tiled.spread,
          source: kept.map { "\($0.source); spread: of \(lesson)" } ?? "fitted to \(lesson)", remainder: surface))
    }
    return fits
  }
}

extension GEMMFit {
  /// The fit as an entry of a device file's `gemm_fits`.
  public var json: JSONText {
    .object(
      [("dtypes", .array(dtypes.map { .string($0.rawValue) })), ("source", .string(source))]
        + (rowsOf.map { [("rows_of", .string($0))] } ?? [])
        + (GEMMParameters.keys + GEMMParameters.optionalKeys).map { ($0.key, .number(parameters[keyPath: $0.path])) }
        + (parameters.tileRates.isEmpty ? [] : [("tile_rates", .array(parameters.tileRates.map { .number($0) }))])
        + [
          ("spread", spread.json)
        ] + (remainder.map { [("remainder", $0.json)] } ?? []))
  }
}

extension GEMMSpread {
  /// The spread as device files carry it.
  var json: JSONText {
    .object([
      ("latency", latency.json), ("memory", memory.json), ("compute", compute.json), ("unaligned", unaligned.json),
    ])
  }
}
