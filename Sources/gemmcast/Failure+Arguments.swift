internal import ArgumentParser
internal import DataFiles

extension Failure {
  /// What ArgumentParser finds wrong with a command line: what it says in several lines, in one.
  ///
  /// After the message comes what the option is for, or where a command's options are explained, where the message does
  /// not say what would be right. nil for requests (`--help`, `--version`) and for exit codes, which have nothing to say.
  init?(arguments error: any Error) {
    if error is ExitCode { return nil }
    let status = GemmcastCommand.exitCode(for: error)
    guard status != .success else { return nil }
    var message = VisibleText.message(Self.line(GemmcastCommand.message(for: error)))
    guard status == .validationFailure else {
      self.init(Status.software, message)
      return
    }
    let advice = GemmcastCommand.fullMessage(for: error).split(separator: "\n").map(String.init)
    if let help = advice.last(where: { $0.hasPrefix("Help:  ") }) {
      // "Help:  --option <value>  What it is for."
      let use = help.dropFirst("Help:  ".count).split(separator: " ").drop { $0.hasPrefix("-") || $0.hasPrefix("<") }
      if !message.contains("Please provide one of") { message += ": " + use.joined(separator: " ") }
    } else if !message.contains("Did you mean"), let see = advice.last(where: { $0.hasPrefix("  See '") }) {
      let command = see.split(separator: "'").dropFirst().first.map(String.init) ?? "gemmcast --help"
      message += ValidateStepCommand.shown("; see `\(command)`")
    }
    self.init(Status.usage, message.prefix(1).lowercased() + message.dropFirst())
  }

  /// Lines as one, the items of a list with commas between.
  private static func line(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }.reduce("") { line, next in
      if line.isEmpty { return String(next) }
      guard next.hasPrefix("- ") else { return line + " " + next }
      return line + (line.hasSuffix(":") ? " " : ", ") + next.dropFirst(2)
    }
  }
}
