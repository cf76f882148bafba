/// What is wrong with a file, where, and what would be right: one line for the user.
///
/// Printed as `FILE:LINE:COLUMN: what is wrong; what would be right`, with the parts that are known.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of failure, each with the exit code that `sysexits.h` gives it.
  public enum Kind: Int32, Sendable {
    /// The contents are not what they should be (`EX_DATAERR`).
    case malformed = 65
    /// The file is not there or cannot be read (`EX_NOINPUT`).
    case unreadable = 66
    /// The output cannot be created (`EX_CANTCREAT`).
    case cannotCreate = 73
    /// Writing failed half-way (`EX_IOERR`).
    case writeFailed = 74
  }

  /// What kind of failure it is, and with that the exit code.
  public var kind: Kind
  /// The path as the user gave it.
  public var file: String
  /// 1-based line, where one is to blame.
  public var line: Int?
  /// 1-based column in characters, where one is to blame.
  public var column: Int?
  /// What is wrong.
  public var problem: String
  /// What would be right; empty when the problem says it.
  public var remedy: String

  /// Describes a failure; `remedy` says what would be right.
  public init(
    _ kind: Kind, file: String, line: Int? = nil, column: Int? = nil, problem: String, remedy: String = ""
  ) {
    self.kind = kind
    self.file = file
    self.line = line
    self.column = column
    self.problem = problem
    self.remedy = remedy
  }

  /// The one line that a user reads: without characters that steer a terminal, what it echoes of a file cut short.
  public var description: String {
    var place = VisibleText.escaped(file)
    if let line { place += ":\(line)" }
    if let column { place += ":\(column)" }
    // A remedy lists names, which are no values of the file.
    return "\(place): \(VisibleText.message(problem))"
      + (remedy.isEmpty ? "" : "; \(VisibleText.message(remedy, words: 300, limit: 4_000))")
  }
}
