internal import Foundation

/// What goes to standard error: one line each, so that standard output holds results alone.
enum Diagnostics {
  /// Why the command ends without its result.
  static func error(_ message: String) { line("gemmcast: error: \(message)") }

  /// Something that the result rests on and the user should know.
  static func warning(_ message: String) { line("gemmcast: warning: \(message)") }

  /// What is being done or was chosen.
  static func note(_ message: String) { line("gemmcast: \(message)") }

  /// A report that gives way to a result on standard output.
  static func text(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  private static func line(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
