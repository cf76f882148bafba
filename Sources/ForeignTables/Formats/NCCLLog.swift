internal import DataFiles

/// The lines of a log of nccl-tests, taken one by one: runs, their GPUs and their rows.
struct NCCLLog {
  private let source: SourceText
  private let options: ImportOptions
  private var table: CollectiveRows
  private var run = NCCLRun()
  private var columns: [String: Int] = [:]
  private var hasUnits = false
  private var hasRows = false
  private var process = ""
  /// The words of the line before, and the first line that stands twice, as processes that know nothing of each other
  /// print it.
  private var before: [String] = []
  private var doubled: SourceText.Line?
  /// The last line of each process that has a table, by what a launcher put in front of its lines.
  private var ends: [(process: String, last: Int)] = []

  init(_ source: SourceText, _ options: ImportOptions) {
    self.source = source
    self.options = options
    table = CollectiveRows(source, options)
  }

  /// Takes the next line.
  ///
  /// - Throws: `FileError` for what is not known, and for lines of processes that ran alone.
  mutating func take(_ line: SourceText.Line) throws(FileError) {
    let words = SourceText.words(line.text)
    guard let first = words.first else { return }
    if line.process != process {
      begin()
      process = line.process
    }
    let texts = words.map(\.text)
    if doubled == nil, first.text == "#", texts.count > 2, texts == before { doubled = line }
    before = texts
    do { try take(words, first, line) } catch {
      // Whatever does not fit then has that cause.
      guard let doubled, !error.problem.hasSuffix(NCCLRanks.alone) else { throw error }
      throw alone(doubled, "the line stands twice")
    }
  }

  private mutating func take(
    _ words: [SourceText.Word], _ first: SourceText.Word, _ line: SourceText.Line
  ) throws(FileError) {
    if first.text == "#" {
      try takeComment(Array(words.dropFirst()), words, line)
    } else if Int(first.text) != nil, words.count(where: { Double($0.text) != nil }) >= 5 || !columns.isEmpty {
      try takeRow(words, line)
    }
  }

  /// The error of what only processes print that know nothing of each other.
  private func alone(_ line: SourceText.Line, _ sign: String) -> FileError {
    source.error(line.number, nil, "\(sign): \(NCCLRanks.alone)", NCCLRanks.remedy)
  }

  /// The finished table.
  func finish() throws(FileError) -> ForeignTable {
    if let doubled { throw alone(doubled, "the line stands twice") }
    return try table.finish()
  }

  private mutating func begin() { (run, columns, hasUnits, hasRows) = (NCCLRun(), [:], false, false) }

  private mutating func takeComment(
    _ rest: [SourceText.Word], _ words: [SourceText.Word], _ line: SourceText.Line
  ) throws(FileError) {
    if NCCLTests.isHeader(words) {
      guard columns.isEmpty || hasRows else {
        throw alone(line, "the header stands twice")
      }
      try checkProcesses(line)
      columns = try NCCLTests.index(rest, source, line.number, options)
      (hasUnits, hasRows) = (false, false)
      return
    }
    let texts = rest.map(\.text)
    switch texts.first {
    case "(B)":
      try NCCLTests.checkUnits(rest, columns, source, line.number)
      hasUnits = true
    case "Rank": try takeRank(texts, line)
    case "Out":
      if let count = texts.compactMap({ Int($0) }).first, count > 0, !run.hasWrongRow {
        table.note("line \(line.number) tells of \(count) values out of bounds, and no row says whether it is meant")
      }
    case "Collective", "nThread", "nThread:", "nccl-tests", "rccl-tests", "Using":
      // What stands above a table begins the next run; the list of another run's GPUs too.
      if !columns.isEmpty || !run.ranks.isEmpty { begin() }
      if texts.starts(with: ["Collective", "test", "starting:"]), texts.count == 4 { run.program = texts[3] }
    default: break
    }
  }

  /// `Rank  0 Group  0 Pid 7 on host device  0 [0000:14:00] NVIDIA A100-SXM4-80GB`, without `Group` in older releases.
  private mutating func takeRank(_ texts: [String], _ line: SourceText.Line) throws(FileError) {
    guard let bracket = line.text.lastIndex(of: "]"), let on = texts.firstIndex(of: "on"),
      texts.indices.contains(on + 1)
    else { return }
    let name = line.text[line.text.index(after: bracket)...].split(whereSeparator: \.isWhitespace)
    func number(behind word: String) -> Int? {
      texts.firstIndex(of: word).flatMap { texts.indices.contains($0 + 1) ? Int(texts[$0 + 1]) : nil }
    }
    let rank = NCCLRanks.Rank(
      number: number(behind: "Rank") ?? run.ranks.count, group: number(behind: "Group") ?? 0, host: texts[on + 1],
      device: name.joined(separator: " "))
    guard run.ranks.add(rank) else {
      throw alone(line, "rank \(rank.number) stands twice")
    }
  }

  private mutating func takeRow(_ words: [SourceText.Word], _ line: SourceText.Line) throws(FileError) {
    guard !columns.isEmpty else { return table.leaveOut(line: line.number, "no header stands above it") }
    guard hasUnits else {
      throw source.error(line.number, nil, "no line of units stands above the row", "(B) … (us) is expected")
    }
    // A timestamp is two words under one name.
    let width = columns.count + (columns["timestamp"] == nil ? 0 : 1)
    guard words.count == width else {
      throw source.error(line.number, nil, "the row has \(words.count) fields", "the header above has \(width)")
    }
    let suffix = options.buffers == .inPlace ? "#2" : ""
    try run.add(LogTable.row(words, columns, source, line.number), suffix: suffix, options, to: &table)
    hasRows = true
    if let place = ends.firstIndex(where: { $0.process == process }) {
      ends[place].last = line.number
    } else {
      ends.append((process, line.number))
    }
  }

  /// Processes of one launch that print tables at the same time ran alone, and disturbed each other.
  private func checkProcesses(_ line: SourceText.Line) throws(FileError) {
    func withoutNumbers(_ process: String) -> String { process.filter { !$0.isNumber } }
    let other = ends.first {
      $0.process != process && $0.last > line.number && withoutNumbers($0.process) == withoutNumbers(process)
    }
    guard let other else { return }
    throw source.error(
      line.number, nil, "process \(process) prints a table of its own, as \(other.process) does: each ran alone",
      NCCLRanks.remedy)
  }
}
