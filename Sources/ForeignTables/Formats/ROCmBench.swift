internal import DataFiles
internal import GEMMTiming

/// The lines that `rocblas-bench -f gemm…` prints.
enum ROCBLASBench: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    ROCmBench.headerStart(line, of: ["rocblas", "hipblas"])
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    try ROCmBench.read(source, options, libraries: ["rocblas", "hipblas"])
  }
}

/// The lines that `hipblaslt-bench` prints.
enum HIPBLASLtBench: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    ROCmBench.headerStart(line, of: ["hipblaslt"])
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
/// did not say its element type: `--dtype` does. hipblaslt-bench tries many solutions of one GEMM with `--algo_method all`,
/// each below a header with its number, and repeats the fastest below `Winner:` (`clients/include/testing_matmul.hpp`).
enum ROCmBench {
  /// The fields of a line; hipblaslt-bench puts `[0]:` before a header, and `[0]` in ROCm 6.0.
  static func fields(_ line: Substring) -> [SourceText.Word] {
    numbered(SourceText.fields(line))
  }

  /// The fields without the number of a solution.
  private static func numbered(_ fields: [SourceText.Word]) -> [SourceText.Word] {
    guard let first = fields.first, let number = first.text.prefixMatch(of: /\[\d+\]:?/) else { return fields }
    let name = SourceText.Word(
      text: String(first.text[number.range.upperBound...]), column: first.column + number.output.count)
    return [name] + fields.dropFirst()
  }

  static func headerStart(_ line: Substring, of libraries: [String]) -> Substring.Index? {
    guard line.contains("-Gflops") else { return nil }
    return SourceText.headerStart(line) { isHeader(numbered($0), of: libraries) }
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
      isRow: { words, columns in
        guard words.count > 3, let place = columns["transA"], words.indices.contains(place) else { return false }
        return transposes.contains(words[place].text)
      },
      isTalk: { $0[0].text.hasPrefix("--") || $0[0].text.contains(":") }, isKnown: { ROCmColumns.isKnown($0[$1].text) },
      required: ["transA", "transB", "us"], times: "us, in microseconds")
    var gemms = GEMMRows(source, options)
    var notes: [String] = []
    let rows = try LogTable.rows(source, form, ignoring: options.ignoredColumns)
    var seen: Set<[String]> = []
    for row in rows {
      if isWinner(row), options.takesEveryKernel, seen.contains(row.fields) {
        gemms.leaveOut(row, "the winner repeats the row of its solution")
        continue
      }
      seen.insert(row.fields)
      try add(row, options, libraries, to: &gemms, &notes)
    }
    if !options.takesEveryKernel {
      gemms.keepFastest(
        alike: ["layout", "beta", "compute_type", "bias"],
        reason: "another solution is faster on the same GEMM (--every-kernel keeps all)")
    }
    return try gemms.finish(notes: notes)
  }

  private static func isWinner(_ row: SourceRow) -> Bool { row.heading.above.hasPrefix("Winner") }

  /// What tells a solution from the others that were tried on a GEMM: its number above the row, its index, its algorithm.
  private static func solution(_ row: SourceRow) -> String {
    let number = row.heading.header.prefixMatch(of: /\[\d+\]/)?.output ?? ""
    let index = row["solution_index"] ?? row["soulution_index"]
    return ([isWinner(row) ? "winner" : String(number)] + [index, row["algo"]].map { $0 ?? "" }).joined(separator: " ")
  }

  private static func add(
    _ row: SourceRow, _ options: ImportOptions, _ libraries: [String], to gemms: inout GEMMRows,
    _ notes: inout [String]
  ) throws(FileError) {
    guard row["atol"] != "failed", row["rtol"] != "failed" else { return gemms.leaveOut(row, "its result was wrong") }
    if let grouped = row["grouped_gemm"], grouped != "0" { return gemms.leaveOut(row, "it is a grouped GEMM") }
    if let activation = row["activation_type"], activation != "none" {
      return gemms.leaveOut(row, "the activation \(activation) is fused into it")
    }
    guard let dtype = try multipliedType(row, options, &gemms, &notes) else { return }
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
      other: [
        "library": library, "layout": layout, "beta": row["beta"], "compute_type": row["compute_type"],
        "bias": row["bias_vector"] == "1" ? "1" : nil,
        "solution_index": row["solution_index"] ?? row["soulution_index"],
      ], solution: solution(row))
  }

  /// The type that the products are formed in; nil when the row was left out for it.
  private static func multipliedType(
    _ row: SourceRow, _ options: ImportOptions, _ gemms: inout GEMMRows, _ notes: inout [String]
  ) throws(FileError) -> DataType? {
    guard row.columns["a_type"] != nil else {
      if let dtype = options.dtype { return dtype }
      if row.columns["d_type"] != nil {
        let note = "the table names the result's type only: the operands are taken to have it (--dtype names another)"
        if !notes.contains(note) { notes.append(note) }
        return try gemms.elementType(row, "d_type", type: type, names: names)
      }
      throw row.fail(nil, "the table does not name the element type", "give --dtype, one of \(DataType.list)")
    }
    let operands = row.columns["b_type"] == nil ? ["a_type"] : ["a_type", "b_type"]
    let dtype = try gemms.elementType(row, operands: operands, type: type, names: names)
    guard dtype == .fp32, let compute = row["compute_type"] else { return dtype }
    switch compute {
    case "f32_r", "f32", "fp32_r", "s": return .fp32
    case "xf32_r", "xf32", "f32_xf32_r": return .tf32
    case "f32_f16_r", "f32_bf16_r":
      gemms.leaveOut(row, "fp32 operands are multiplied as \(compute)")
      return nil
    default: throw row.failure("compute_type", "compute_type is \(compute)", "f32_r or xf32_r is expected for f32_r")
    }
  }

  private static func type(_ name: String) -> ForeignType {
    switch name {
    case "f32_r", "fp32_r": .known(.fp32)
    case "f16_r", "fp16_r": .known(.fp16)
    case "bf16_r": .known(.bf16)
    case "f8_r", "bf8_r", "fp8_r", "f8_fnuz_r", "bf8_fnuz_r": .known(.fp8)
    case "i8_r": .known(.int8)
    case _ where names.contains(name): .foreign
    default: .unknown
    }
  }

  private static let names = [
    "f32_r", "f16_r", "bf16_r", "f8_r", "bf8_r", "f8_fnuz_r", "bf8_fnuz_r", "i8_r", "f64_r", "f32_c", "f64_c", "i32_r",
    "f6_r", "bf6_r", "f4_r", "fp32_r", "fp16_r", "fp8_r", "fp64_r",
  ]
}
