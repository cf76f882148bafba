internal import DataFiles
internal import GEMMTiming

/// What the programs of nccl-tests (and rccl-tests) print.
///
/// A run has `#` lines that name the program, each rank's host and GPU, the columns and their units; then a line a
/// size. Columns: NVIDIA/nccl-tests `src/util.cu`, `writeResultHeader`. A file may hold several runs.
enum NCCLTests: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    guard line.contains("algbw") else { return nil }
    return line.indices.last { line[$0] == "#" && isHeader(SourceText.words(line[$0...])) }
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    var log = NCCLLog(source, options)
    for line in source.lines { try log.take(line) }
    return try log.finish()
  }

  static func isHeader(_ words: [SourceText.Word]) -> Bool {
    guard words.first?.text == "#" else { return false }
    return Set(words.map(\.text)).isSuperset(of: ["size", "count", "type", "algbw", "busbw"])
  }

  /// Where the columns of a header stand.
  static func index(
    _ header: [SourceText.Word], _ source: SourceText, _ line: Int, _ options: ImportOptions
  ) throws(FileError) -> [String: Int] {
    if let place = header.first(where: { $0.text == "cputime" }) {
      throw source.error(
        line, place.column, "cputime is the CPU's time, not the collective's", "run without -C to get the column time")
    }
    let form = LogTable.Form(
      cut: SourceText.words, isHeader: isHeader, isRow: { _, _ in false }, isKnown: { known.contains($0[$1].text) },
      required: ["size", "type", "time", "algbw", "busbw"], times: "time, in microseconds")
    return try LogTable.index(SourceText.distinct(header), form, source, line, options.ignoredColumns)
  }

  /// Times must be in µs, sizes in bytes.
  static func checkUnits(
    _ units: [SourceText.Word], _ columns: [String: Int], _ source: SourceText, _ line: Int
  ) throws(FileError) {
    let known: Set = ["(B)", "(elements)", "(us)", "(GB/s)", "(%)"]
    for unit in units where unit.text.hasPrefix("(") && !known.contains(unit.text) {
      throw source.error(
        line, unit.column, "the unit \(unit.text) is not known",
        "one of \(known.sorted().joined(separator: " ")) is expected")
    }
    let timed = columns.keys.count { ["time", "time#2"].contains($0) || $0.hasPrefix("i_m") || $0.hasPrefix("i_p") }
    guard units.count(where: { $0.text == "(us)" }) == timed else {
      throw source.error(line, nil, "not every time has the unit (us)", "\(timed) times are expected in microseconds")
    }
  }

  private static let known: Set<String> = Set(
    ["size", "count", "type", "redop", "root", "timestamp"]
      + ["time", "algbw", "busbw", "#wrong", "error", "i_min", "i_max", "i_p99", "i_cv%"].flatMap { [$0, "\($0)#2"] })
}
