internal import DataFiles
internal import Foundation

/// Where what a command was asked for goes.
enum Results {
  /// Refuses outputs that cannot be, before any work is done for them: an input of the command, one file for two.
  ///
  /// Inputs are those that have been read by then. Standard output is `-`.
  static func check(_ outputs: [String]) throws {
    var names: Set<String> = []
    for path in outputs {
      let name = path == "-" ? path : URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      if path != "-" {
        try InputFiles.refuse(output: path)
        if try TextFile.isStream(path) { continue }
        try TextFile.checkWritable(path)
      }
      guard names.insert(name).inserted else {
        throw Failure.usage("two results would go to \(path == "-" ? "standard output" : path); name a file for each")
      }
    }
  }

  /// Writes a finished result whole: to a file, or to standard output where the path is `-`.
  ///
  /// - Parameters:
  ///   - text: the result.
  ///   - path: where it goes; never a file that it was made of.
  ///   - mayCompress: whether a name that ends in `.gz` asks for gzip. Where it does not, such a name is refused.
  /// - Throws: `FileError` or `Failure`.
  static func write(_ text: String, to path: String, mayCompress: Bool = false) throws {
    guard path != "-" else { return try Self.print(text) }
    let compresses = path.hasSuffix(".gz")
    guard mayCompress || !compresses else {
      throw Failure.usage("\(path): only --trace writes gzip; write \(path.dropLast(3)), then run gzip on it")
    }
    try InputFiles.refuse(output: path)
    try TextFile.write(text, to: path, compresses: compresses)
    InputFiles.noteOutput(path)
  }

  /// Writes to standard output, and says so when it cannot be written.
  ///
  /// On a terminal, characters that would steer it are shown as `\u{1B}`.
  static func print(_ text: String) throws {
    guard !InputFiles.isStandardOutput else {
      throw FileError(.cannotCreate, file: "standard output", problem: "is an input of this command")
    }
    let shown = isatty(STDOUT_FILENO) == 1 ? VisibleText.escaped(text, keepsLines: true) : text
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(shown.utf8))
    } catch {
      throw FileError(.writeFailed, file: "standard output", problem: "cannot be written")
    }
  }
}
