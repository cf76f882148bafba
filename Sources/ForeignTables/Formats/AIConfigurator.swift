internal import DataFiles
internal import GEMMTiming

/// The GEMM table of AIConfigurator: `gemm_perf.txt`, a CSV.
///
/// Columns: ai-dynamo/aiconfigurator `collector/README.md` and `src/aiconfigurator/sdk/perf_database.py`; `latency` is
/// milliseconds of C[m×n] = A[m×k]·B[k×n] with m tokens, n outputs and k inputs of a linear layer. The names of
/// `gemm_dtype` are those of `GEMMQuantMode` in `sdk/common.py`.
enum AIConfigurator: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    guard line.contains("gemm_dtype") else { return nil }
    return SourceText.headerStart(line) {
      Set($0.map(\.text)).isSuperset(of: ["gemm_dtype", "m", "n", "k", "latency"])
    }
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    let rows = try SourceRow.rows(
      source, isKnown: known.contains, required: ["gemm_dtype", "m", "n", "k", "latency"],
      times: "latency, in milliseconds", ignoring: options.ignoredColumns)
    var gemms = GEMMRows(source, options)
    for row in rows { try add(row, to: &gemms) }
    return try gemms.finish()
  }

  private static func add(_ row: SourceRow, to gemms: inout GEMMRows) throws(FileError) {
    if let operation = row["op_name"], operation != "gemm" {
      return gemms.leaveOut(row, "the operation is \(operation), not gemm")
    }
    let name = try row.required("gemm_dtype")
    let names = plain.map(\.0) + quantized
    guard let dtype = try gemms.elementType(row, "gemm_dtype", type: type, names: names) else { return }
    try gemms.add(
      row, device: row["device"], dtype: dtype, shape: try row.shape(m: "m", k: "k", n: "n"),
      seconds: try row.positive("latency") * 1e-3,
      other: [
        "library": row["framework"], "version": row["version"], "kernel": row["kernel_source"], "gemm_dtype": name,
        "power_w": row["power"],
      ])
  }

  private static func type(_ name: String) -> ForeignType {
    if let known = plain.first(where: { $0.0 == name }) { return .known(known.1) }
    return quantized.contains(name) ? .foreign : .unknown
  }

  private static let plain: [(String, DataType)] = [
    ("float16", .fp16), ("bfloat16", .bf16), ("fp8", .fp8), ("fp8_static", .fp8),
  ]

  /// Types whose operands differ or carry scales by block: other traffic and other units than the plain ones.
  private static let quantized = [
    "int8_wo", "int4_wo", "sq", "fp8_block", "fp8_ootb", "nvfp4", "w8a8_dynamic", "mxfp4", "w4a16_mxfp4",
  ]

  private static let known: Set<String> = [
    "framework", "version", "device", "op_name", "kernel_source", "gemm_dtype", "m", "n", "k", "latency", "power",
    "power_limit",
  ]
}
