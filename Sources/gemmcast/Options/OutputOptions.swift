internal import ArgumentParser
internal import DataFiles
internal import Foundation

/// `--format` and `--output`, spelled the same everywhere.
struct OutputOptions: ParsableArguments {
  /// The forms that a result can take.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, markdown, json, csv, html
  }

  @Option(help: "The form of the result.")
  var format: Format = .text

  @Option(help: ArgumentHelp("Where the result goes; - is standard output.", valueName: "file"))
  var output = "-"

  /// Writes a finished result whole: atomically to a file, or to standard output.
  func write(_ text: String) throws { try Self.write(text, to: output) }

  /// Writes a finished result whole to a file, or to standard output where the path is `-`.
  static func write(_ text: String, to path: String) throws {
    guard path == "-" else {
      try TextFile.write(text, to: path)
      return
    }
    try Self.print(text)
  }

  /// Writes to standard output, and says so when it cannot be written.
  static func print(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw FileError(.writeFailed, file: "standard output", problem: "cannot be written")
    }
  }

  /// The formats that a command gives, for those that give some only.
  func require(_ formats: [Format], of command: String) throws {
    guard !formats.contains(format) else { return }
    let list = formats.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("\(command) gives \(list); --format is \(format.rawValue)")
  }
}
