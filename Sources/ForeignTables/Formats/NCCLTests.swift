internal import DataFiles
internal import GEMMTiming

/// What the programs of nccl-tests (and rccl-tests) print.
///
/// A run has `#` lines that name the program, each rank's host and GPU, the columns and their units; then a line a
/// size. Columns: NVIDIA/nccl-tests `src/util.cu`, `writeResultHeader`. A file may hold several runs.
enum NCCLTests: FormatReader {
  static func recognizes(_ line: Substring) -> Bool { isHeader(SourceText.words(line)) }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    var table = CollectiveRows(source, options)
    var run = NCCLRun()
    var columns: [String: Int] = [:]
    var hasUnits = false
    for line in source.lines {
      let words = SourceText.words(line.text)
      guard let first = words.first else { continue }
      if first.text == "#" {
        let rest = Array(words.dropFirst())
        if isHeader(words) {
          columns = try index(rest, source, line.number, options)
          hasUnits = false
        } else if rest.first?.text == "(B)" {
          try checkUnits(rest, columns, source, line.number)
          hasUnits = true
        } else {
          if !columns.isEmpty, ["Collective", "nThread"].contains(rest.first?.text) {
            (run, columns) = (NCCLRun(), [:])
          }
          learn(rest, line.text, &run)
        }
      } else if !columns.isEmpty, Int(first.text) != nil {
        guard hasUnits else {
          throw source.error(line.number, nil, "no line of units stands above the row", "(B) … (us) is expected")
        }
        // A timestamp is two words under one name.
        let width = columns.count + (columns["timestamp"] == nil ? 0 : 1)
        guard words.count == width else {
          throw source.error(line.number, nil, "the row has \(words.count) fields", "the header above has \(width)")
        }
        let suffix = options.buffers == .inPlace ? "#2" : ""
        try run.add(
          LogTable.row(words, columns, source, line.number), suffix: suffix, options, to: &table)
      }
    }
    return try table.finish()
  }

  private static func isHeader(_ words: [SourceText.Word]) -> Bool {
    guard words.first?.text == "#" else { return false }
    return Set(words.map(\.text)).isSuperset(of: ["size", "count", "type", "algbw", "busbw"])
  }

  private static func index(
    _ header: [SourceText.Word], _ source: SourceText, _ line: Int, _ options: ImportOptions
  ) throws(FileError) -> [String: Int] {
    if let place = header.first(where: { $0.text == "cputime" }) {
      throw source.error(
        line, place.column, "cputime is the CPU's time, not the collective's", "run without -C to get the column time")
    }
    let form = LogTable.Form(
      cut: SourceText.words, isHeader: isHeader, isRow: { _ in false }, known: known,
      required: ["size", "type", "time", "algbw", "busbw"])
    return try LogTable.index(SourceText.distinct(header), form, source, line, options.ignoredColumns)
  }

  /// Times must be in µs, sizes in bytes.
  private static func checkUnits(
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

  /// `Collective test starting: all_reduce_perf` and `Rank  0 Group  0 Pid 7 on host device  0 [0000:14:00] NVIDIA
  /// A100-SXM4-80GB`.
  private static func learn(_ words: [SourceText.Word], _ line: Substring, _ run: inout NCCLRun) {
    let texts = words.map(\.text)
    if texts.starts(with: ["Collective", "test", "starting:"]), texts.count == 4 { run.program = texts[3] }
    guard texts.first == "Rank", let bracket = line.lastIndex(of: "]"), let on = texts.firstIndex(of: "on"),
      texts.indices.contains(on + 1)
    else { return }
    let device = line[line.index(after: bracket)...].split(whereSeparator: \.isWhitespace).joined(separator: " ")
    run.ranks.append((host: texts[on + 1], device: device))
  }

  private static let known: Set<String> = Set(
    ["size", "count", "type", "redop", "root", "timestamp"]
      + ["time", "algbw", "busbw", "#wrong", "error", "i_min", "i_max", "i_p99", "i_cv%"].flatMap { [$0, "\($0)#2"] })
}
