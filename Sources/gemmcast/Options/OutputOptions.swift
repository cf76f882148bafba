internal import ArgumentParser

/// The forms that a command's result can take: its own enumeration, of which text is one.
protocol OutputFormat: RawRepresentable<String>, CaseIterable, ExpressibleByArgument {
  static var text: Self { get }
}

/// `--format` and `--output`, spelled the same everywhere.
struct OutputOptions<Format: OutputFormat>: ParsableArguments {
  @Option(help: "The form of the result.")
  var format: Format = .text

  @Option(help: ArgumentHelp("Where the result goes; - is standard output.", valueName: "file"))
  var output = "-"

  /// Writes a finished result whole: atomically to a file, or to standard output.
  func write(_ text: String) throws { try Results.write(text, to: output) }
}
