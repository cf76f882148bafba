internal import DataFiles
internal import Foundation

/// Where what a command was asked for goes.
enum Results {
  /// Writes a finished result whole: atomically to a file, or to standard output where the path is `-`.
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
}
