internal import DataFiles
internal import Foundation
internal import Reporting

/// What goes to standard error: one line each, so that standard output holds results alone.
enum Diagnostics {
  /// Why the command ends without its result.
  static func error(_ message: String) { line("gemmcast: error: \(message)") }

  /// Something that the result rests on and the user should know.
  static func warning(_ message: String) { line("gemmcast: warning: \(message)") }

  /// What is being done or was chosen.
  static func note(_ message: String) { line("gemmcast: \(message)") }

  /// Rows whose fit takes seconds; one waits for less without asking.
  private static let longFit = 1000

  /// That so many rows are being fitted, where that takes its time.
  static func fitting(_ count: Int, of path: String) {
    if count >= longFit { note("fitting \(Quantity.count(count)) rows of \(path)") }
  }

  /// A report that gives way to a result on standard output.
  ///
  /// Where standard error cannot be written, there is nowhere to say so, and the result matters more.
  static func text(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  /// A message with what it names as it may be shown.
  private static func line(_ text: String) { self.text(VisibleText.message(text, words: 300, limit: 4_000) + "\n") }
}
