internal import DataFiles

/// A text of no format that is known: what it seems to be.
struct UnknownText {
  private let text: String

  init(_ text: String) { self.text = text }

  /// The error that says what it seems to be, and which formats are known.
  func error(_ file: String) -> FileError {
    if let kind = JSONKind(text) {
      return FileError(
        .malformed, file: file, problem: "is \(kind.description), and no report of nccl-tests (nccl_version, results)",
        remedy: formats)
    }
    for (line, text) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      for (sign, name) in [(Character(";"), "semicolons"), ("\t", "tabs")] where text.contains(sign) {
        let commas = Substring(text.map { $0 == sign ? "," : String($0) }.joined())
        guard let format = ForeignFormat.detect(String(commas)) else { continue }
        return FileError(
          .malformed, file: file, line: line + 1,
          problem: "\(name) separate the columns of this \(format.rawValue) table",
          remedy: "separate them with commas, and write numbers with a decimal point")
      }
      if Set(SourceText.fields(text).map(\.text)).isSuperset(of: ["device", "dtype", "m", "k", "n", "time_us"]) {
        return FileError(
          .malformed, file: file, line: line + 1,
          problem: "no line is the header of a known format: this one is of a timing table already",
          remedy: "give the file to --table, fit, merge or validate as it is")
      }
    }
    return FileError(
      .malformed, file: file, problem: "no line is the header of a known format", remedy: formats)
  }

  private var formats: String {
    let known = ForeignFormat.allCases.map { "\($0.rawValue) (\($0.mark))" }.joined(separator: ", ")
    return "the formats are \(known); --from names one"
  }
}
