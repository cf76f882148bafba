internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import Reporting

extension StepPlan {
  /// The columns of a plan for a step; `interval_percent` is what the step's 90 % interval is expected to be with a row
  /// and those before it.
  static let columns = [
    "kind", "device", "dtype", "m", "k", "n", "batch", "op", "rows", "columns", "seq", "heads", "kv_heads", "head_dim",
    "step", "collective", "ranks", "nodes", "bytes", "interval_percent",
  ]

  /// The rows for `scripts/measure_gpu.py --shapes`; what a kind of row does not have is empty.
  func csv(device: String) -> String {
    CSVDocument.serialize(
      header: Self.columns,
      rows: rows.map { planned in
        let fields = planned.row.fields.merging(
          [
            "kind": planned.row.kind.rawValue, "device": device,
            "interval_percent": FixedPoint.text(100 * Self.halfWidth(planned.deviation), decimals: 3),
          ]) { $1 }
        return Self.columns.map { fields[$0] ?? "" }
      })
  }

  /// Sentences on what the rows are, and what they are expected to bring to a step of so many seconds.
  func sentences(asked count: Int, seconds: Double) -> [String] {
    func interval(_ deviation: Double) -> String { "±\(Quantity.percent(Self.halfWidth(deviation)))" }
    let kinds = MeasurableRow.Kind.allCases.compactMap { kind -> String? in
      let count = rows.count { $0.row.kind == kind }
      return count > 0 ? "\(count) \(kind.rawValue)" : nil
    }
    return [
      "\(rows.count) rows: \(kinds.joined(separator: ", "))"
        + (rows.count < count ? "; there are no more that are worth measuring for this step" : ""),
      "the step takes \(Quantity.time(seconds)); its 90 % interval is expected to go from \(interval(deviation)) to "
        + "\(interval(deviationLeft)) with these rows, and no number of rows takes it below \(interval(floor)): "
        + "errors are shared as --table's refinement shares them, and a whole step scatters by itself",
    ]
      + (unteachable >= 0.001
        ? ["\(Quantity.percent(unteachable)) of the step is in operations of which no such row teaches anything"] : [])
  }
}

extension MeasurableRow {
  /// What identifies the row, by the columns of measured tables.
  fileprivate var fields: [String: String] {
    switch self {
    case .gemm(let shape, let dtype):
      [
        "dtype": dtype.rawValue, "m": "\(shape.m)", "k": "\(shape.k)", "n": "\(shape.n)", "batch": "\(shape.batch)",
      ]
    case .collective(let kind, let ranks, let bytes):
      ["collective": kind.rawValue, "ranks": "\(ranks)", "nodes": "1", "bytes": "\(bytes)"]
    case .memory(let kind, let rows, let columns, let dtype):
      ["dtype": dtype.rawValue, "op": kind.rawValue, "rows": "\(rows)", "columns": "\(columns)"]
    case .attention(let shape, let dtype):
      [
        "dtype": dtype.rawValue, "batch": "\(shape.batch)", "seq": "\(shape.queryLength)", "heads": "\(shape.heads)",
        "kv_heads": "\(shape.keyValueHeads)", "head_dim": "\(shape.headDimension)",
        "step": "\(shape.keyLength - shape.queryLength)",
      ]
    }
  }
}
