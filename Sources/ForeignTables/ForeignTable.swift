public import DataFiles
public import GEMMTiming

/// Another tool's table in gemmcast's words.
///
/// Nothing is guessed: an unknown column, unit or element type is an error at its place. Rows that did not measure what
/// gemmcast has a word for (a failed kernel, a sparse product) are left out and counted.
public struct ForeignTable: Sendable {
  /// The rows, as the table of their kind.
  public enum Content: Hashable, Sendable {
    case gemms(TimingTable)
    case collectives(CollectiveTable)
    /// Fused attention or passes over memory.
    case passes(PassRows)
  }

  /// Rows that were left out for one reason.
  public struct LeftOut: Hashable, Sendable, CustomStringConvertible {
    /// Why.
    public let reason: String
    /// How many.
    public fileprivate(set) var count: Int
    /// The line of the first.
    public let firstLine: Int?

    /// `3 rows left out: the status is not_supported (first in line 7)`.
    public var description: String {
      "\(count) row\(count == 1 ? "" : "s") left out: \(reason)" + (firstLine.map { " (first in line \($0))" } ?? "")
    }
  }

  /// The rows.
  public let content: Content
  /// What was left out, by reason in order of appearance.
  public let leftOut: [LeftOut]
  /// Sentences on what the file does not say and how that was taken.
  public let notes: [String]

  /// How many rows there are.
  public var rowCount: Int {
    switch content {
    case .gemms(let table): table.rows.count
    case .collectives(let table): table.rows.count
    case .passes(let table): table.rows.count
    }
  }

  /// The table as CSV text: a timing table, or a table of collectives.
  public func csv() -> String {
    switch content {
    case .gemms(let table): table.csv()
    case .collectives(let table): table.csv()
    case .passes(let table): table.csv()
    }
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: the file, or `-` for standard input.
  ///   - format: its format; detected from its header unless given.
  ///   - options: what the file does not say.
  /// - Throws: `FileError` with line and column for anything that is not known for certain. O(size of the file).
  public init(
    contentsOf path: String, format: ForeignFormat? = nil, options: ImportOptions = ImportOptions()
  ) throws(FileError) {
    try self.init(text: TextFile.read(path), file: path, format: format, options: options)
  }

  /// Reads text; `file` names it in errors.
  ///
  /// - Throws: `FileError`, as ``init(contentsOf:format:options:)``.
  public init(
    text: String, file: String, format: ForeignFormat? = nil, options: ImportOptions = ImportOptions()
  ) throws(FileError) {
    guard let format = format ?? ForeignFormat.detect(text) else { throw UnknownText(text).error(file) }
    if let rows = options.rows, format != .kineto {
      throw FileError(
        .malformed, file: file, problem: "is of the format \(format.rawValue), which has rows of one kind alone",
        remedy: "leave out --rows \(rows.rawValue)")
    }
    let reader = format.reader
    // A trace is no lines, and can be long.
    let source =
      format == .kineto
      ? SourceText(whole: text, file: file) : SourceText(text, file: file, headerStart: { reader.headerStart($0) })
    self = try reader.read(source, options)
  }

  init(_ content: Content, leftOut: LeftOutRows, notes: [String] = []) {
    self.content = content
    self.leftOut = leftOut.reasons
    self.notes = notes
  }
}

/// Counts the rows that are left out, by reason.
struct LeftOutRows {
  private(set) var reasons: [ForeignTable.LeftOut] = []

  /// Counts one row.
  mutating func add(_ reason: String, line: Int?) {
    if let index = reasons.firstIndex(where: { $0.reason == reason }) {
      reasons[index].count += 1
    } else {
      reasons.append(ForeignTable.LeftOut(reason: reason, count: 1, firstLine: line))
    }
  }

  /// The error of a file of which nothing is left.
  func nothingLeft(_ file: String) -> FileError {
    FileError(
      .malformed, file: file, problem: "has no row that can be imported",
      remedy: reasons.map(\.description).joined(separator: "; "))
  }
}
