internal import DataFiles
internal import GEMMTiming

/// The lines that `rocblas-bench -f gemm…` prints.
enum ROCBLASBench: FormatReader {
  static func recognizes(_ line: Substring) -> Bool {
    line.contains("-Gflops") && ROCmBench.isHeader(ROCmBench.fields(line), of: ["rocblas", "hipblas"])
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    try ROCmBench.read(source, options, libraries: ["rocblas", "hipblas"])
  }
}

/// The lines that `hipblaslt-bench` prints.
enum HIPBLASLtBench: FormatReader {
  static func recognizes(_ line: Substring) -> Bool {
    line.contains("-Gflops") && ROCmBench.isHeader(ROCmBench.fields(line), of: ["hipblaslt"])
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    try ROCmBench.read(source, options, libraries: ["hipblaslt"])
  }
}

/// What the two benchmarks share.
///
/// Columns: ROCm/rocBLAS `docs/how-to/Programmers_Guide` and `clients/include/testing_gemm*.hpp`, ROCm/hipBLASLt
/// `docs/clients.rst` and `clients/`: `us` is microseconds a call (a batch), `…-Gflops` 2·M·N·K·batch over that time.
/// Storage is column-major, and M, N, K are BLAS's: C[M×N] = op(A)[M×K]·op(B)[K×N]. Before `a_type` was printed a file
/// did not say its element type: `--dtype` does.
enum ROCmBench {
  /// The fields of a line; hipblaslt-bench puts `[0]:` before a header.
  static func fields(_ line: Substring) -> [SourceText.Word] {
    var fields = SourceText.fields(line)
    if let first = fields.first, first.text.hasPrefix("["), let colon = first.text.firstIndex(of: ":") {
      let prefix = first.text.distance(from: first.text.startIndex, to: colon) + 1
      fields[0] = SourceText.Word(text: String(first.text.dropFirst(prefix)), column: first.column + prefix)
    }
    return fields
  }

  static func isHeader(_ words: [SourceText.Word], of libraries: [String]) -> Bool {
    let names = Set(words.map(\.text))
    return names.isSuperset(of: ["transA", "transB", "us"]) && libraries.contains { names.contains("\($0)-Gflops") }
  }

  static func read(
    _ source: SourceText, _ options: ImportOptions, libraries: [String]
  ) throws(FileError) -> ForeignTable {
    let transposes: Set = ["N", "T", "C"]
    let form = LogTable.Form(
      cut: fields, isHeader: { isHeader($0, of: libraries) },
      isRow: { $0.count > 3 && transposes.contains($0[0].text) },
      isTalk: { $0[0].text.hasPrefix("--") || $0[0].text.contains(":") }, known: known,
      required: ["transA", "transB", "us"])
    var gemms = GEMMRows(source, options)
    for row in try LogTable.rows(source, form, ignoring: options.ignoredColumns) {
      try add(row, options, libraries, to: &gemms)
    }
    return try gemms.finish()
  }

  private static func add(
    _ row: SourceRow, _ options: ImportOptions, _ libraries: [String], to gemms: inout GEMMRows
  ) throws(FileError) {
    if let grouped = row["grouped_gemm"], grouped != "0" { return gemms.leaveOut(row, "it is a grouped GEMM") }
    if let activation = row["activation_type"], activation != "none" {
      return gemms.leaveOut(row, "the activation \(activation) is fused into it")
    }
    guard let dtype = try multipliedType(row, options, &gemms) else { return }
    func name(_ upper: String) -> String { row.columns[upper] == nil ? upper.lowercased() : upper }
    let shape = try row.shape(
      m: name("M"), k: name("K"), n: name("N"), batch: row.columns["Batch_Count"] == nil ? "batch_count" : "Batch_Count"
    )
    let microseconds = try row.positive("us")
    let library = libraries.first { row.columns["\($0)-Gflops"] != nil } ?? libraries[0]
    try row.check(
      "us", microseconds, against: shape.flops * 1e-3 / row.positive("\(library)-Gflops"), tolerance: 0.03,
      "2·M·N·K·batch divided by \(library)-Gflops, in microseconds, is expected")
    let layout = (try row.required("transA") + row.required("transB")).lowercased()
    try gemms.add(
      row, dtype: dtype, shape: shape, seconds: microseconds * 1e-6,
      other: ["library": library, "layout": layout, "beta": row["beta"], "compute_type": row["compute_type"]])
  }

  /// The type that the products are formed in; nil when the row was left out for it.
  private static func multipliedType(
    _ row: SourceRow, _ options: ImportOptions, _ gemms: inout GEMMRows
  ) throws(FileError) -> DataType? {
    guard row.columns["a_type"] != nil else {
      if let dtype = options.dtype { return dtype }
      throw row.fail(nil, "the table does not name the element type", "give --dtype, one of \(DataType.list)")
    }
    let operands = row.columns["b_type"] == nil ? ["a_type"] : ["a_type", "b_type"]
    let dtype = try gemms.elementType(row, operands: operands, type: type, names: names)
    guard dtype == .fp32, let compute = row["compute_type"] else { return dtype }
    switch compute {
    case "f32_r", "f32", "s": return .fp32
    case "xf32_r", "xf32", "f32_xf32_r": return .tf32
    case "f32_f16_r", "f32_bf16_r":
      gemms.leaveOut(row, "fp32 operands are multiplied as \(compute)")
      return nil
    default: throw row.failure("compute_type", "compute_type is \(compute)", "f32_r or xf32_r is expected for f32_r")
    }
  }

  private static func type(_ name: String) -> ForeignType {
    switch name {
    case "f32_r": .known(.fp32)
    case "f16_r": .known(.fp16)
    case "bf16_r": .known(.bf16)
    case "f8_r", "bf8_r", "f8_fnuz_r", "bf8_fnuz_r": .known(.fp8)
    case "i8_r": .known(.int8)
    case _ where names.contains(name): .foreign
    default: .unknown
    }
  }

  private static let names = [
    "f32_r", "f16_r", "bf16_r", "f8_r", "bf8_r", "f8_fnuz_r", "bf8_fnuz_r", "i8_r", "f64_r", "f32_c", "f64_c", "i32_r",
    "f6_r", "bf6_r", "f4_r",
  ]

  private static let known: Set<String> = [
    "transA", "transB", "grouped_gemm", "batch_count", "Batch_Count", "M", "N", "K", "m", "n", "k", "alpha", "lda",
    "stride_a", "beta", "ldb", "stride_b", "ldc", "stride_c", "ldd", "stride_d", "a_type", "b_type", "c_type", "d_type",
    "compute_type", "scale_type", "scaleA", "scaleB", "scaleC", "scaleD", "amaxD", "swizzle_a", "swizzle_b",
    "activation_type", "bias_vector", "bias_type", "aux_type", "rotating_buffer", "flush", "use_gpu_timer",
    "lowest-avg-freq", "lowest-median-freq", "avg-MCLK", "median-MCLK", "cold_iters", "hot_iters", "algo",
    "solution_index", "flags", "rocblas-Gflops", "rocblas-GB/s", "hipblas-Gflops", "hipblas-GB/s", "hipblaslt-Gflops",
    "hipblaslt-GB/s", "us", "us#2", "CPU-Gflops", "CPU-us", "CPU-Gflops(us)", "norm-error", "norm_error",
    "norm_error_1", "norm_error_2", "atol", "rtol",
  ]
}
