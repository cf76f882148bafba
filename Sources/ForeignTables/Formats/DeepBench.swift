internal import DataFiles
internal import GEMMTiming

/// What DeepBench's `gemm_bench` prints.
///
/// Columns: baidu-research/DeepBench `code/nvidia/gemm_bench.cu`, `code/amd/gemm_bench.cpp` and its README: C[m×n] =
/// op(A)[m×k]·op(B)[k×n] in column-major storage, whether A and B are transposed, the precision (in builds that offer
/// several), whole microseconds. Other units than µs are refused.
enum DeepBench: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    guard line.contains("a_t") else { return nil }
    return line.indices.first { line[$0] == "m" && isHeader(fields(line[$0...])) }
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    let form = LogTable.Form(
      cut: fields, isHeader: isHeader, isRow: { words, _ in words.count > 3 && Int(words[0].text) != nil },
      isTalk: { _ in true }, isKnown: { known.contains($0[$1].text) }, required: ["m", "n", "k"],
      times: "time (usec), in whole microseconds")
    var gemms = GEMMRows(source, options)
    for row in try LogTable.rows(source, form, ignoring: options.ignoredColumns) { try add(row, options, to: &gemms) }
    return try gemms.finish()
  }

  /// The words of a line, with a unit in brackets and the words of `Not Supported` joined to one.
  static func fields(_ line: Substring) -> [SourceText.Word] {
    var fields: [SourceText.Word] = []
    for word in SourceText.words(line) {
      if let last = fields.last, word.text.hasPrefix("(") || (last.text == "Not" && word.text == "Supported") {
        fields[fields.count - 1] = SourceText.Word(text: last.text + " " + word.text, column: last.column)
      } else {
        fields.append(word)
      }
    }
    return fields
  }

  private static func isHeader(_ words: [SourceText.Word]) -> Bool {
    words.map(\.text).starts(with: ["m", "n", "k", "a_t", "b_t"])
  }

  private static func add(
    _ row: SourceRow, _ options: ImportOptions, to gemms: inout GEMMRows
  ) throws(FileError) {
    guard let time = ["time (usec)", "time(usec)", "time (us)", "time(us)"].first(where: { row.columns[$0] != nil })
    else { throw row.fail(nil, "no column is a time in microseconds", "time (usec) is expected") }
    let text = try row.required(time)
    guard text != "Not Supported" else { return gemms.leaveOut(row, "it is not supported") }
    // Whole microseconds: what took less than one is printed as 0.
    guard text != "0" else { return gemms.leaveOut(row, "its time is below the resolution of 1 µs") }

    let shape = try row.shape(m: "m", k: "k", n: "n")
    let microseconds = try row.positive(time)
    if row["gflops"] != nil {
      try row.check(
        "gflops", try row.positive("gflops"), against: shape.flops / microseconds * 1e-3,
        tolerance: 0.02 + 1 / microseconds, "2·m·n·k divided by the time, in 10⁹ a second, is expected")
    }
    try gemms.add(
      row, dtype: try dtype(row, options), shape: shape, seconds: microseconds * 1e-6,
      other: ["layout": try transposed(row, "a_t") + transposed(row, "b_t"), "padded": row["pad_kerenels"]])
  }

  private static func dtype(_ row: SourceRow, _ options: ImportOptions) throws(FileError) -> DataType {
    guard row.columns["precision"] != nil else {
      if let dtype = options.dtype { return dtype }
      throw row.fail(nil, "the table does not name the element type", "give --dtype, one of \(DataType.list)")
    }
    switch try row.required("precision") {
    case "float": return .fp32
    case "half", "half_pure": return .fp16
    case "int8": return .int8
    case let other: throw row.failure("precision", "precision is \(other)", "float, half or int8 is expected")
    }
  }

  private static func transposed(_ row: SourceRow, _ name: String) throws(FileError) -> String {
    switch try row.required(name) {
    case "0", "n": return "n"
    case "1", "t": return "t"
    case let other: throw row.failure(name, "\(name) is \(other)", "0, 1, n or t is expected")
    }
  }

  private static let known: Set = [
    "m", "n", "k", "a_t", "b_t", "precision", "time (usec)", "time(usec)", "time (us)", "time(us)", "gflops",
    // The tool's own spelling.
    "pad_kerenels",
  ]
}
