internal import ArgumentParser
internal import DataFiles
internal import Foundation
internal import HostCalibration

/// The command `gemmcast`, which parses, calls and prints.
///
/// Each subcommand is a file in `Commands/`.
@main
struct GemmcastCommand: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "gemmcast",
    abstract: "Forecast how long a transformer takes on GPUs from matrix multiplications measured on this machine.",
    discussion: """
      From measurement to report, file in, file out:

        gemmcast calibrate --preset quick --output host.csv
        gemmcast fit host.csv --output host.json
        gemmcast estimate reference --table host.json --device h100-sxm-80gb

      Results go to standard output, progress and diagnostics to standard error. Exit codes follow sysexits: 0 done, \
      64 usage, 65 bad data, 66 no such input, 70 internal, 73 and 74 output.
      """,
    version: version,
    subcommands: [
      TopologyCommand.self, CalibrateCommand.self, MergeCommand.self, FitCommand.self, TimeCommand.self,
      TableCommand.self, EstimateCommand.self, ReplayCommand.self, ValidateCommand.self, ValidateStepCommand.self,
      ImportCommand.self, SamplingStudyCommand.self, MeasureWorkerCommand.self, ReplayWorkerCommand.self,
    ])

  static func main() {
    do {
      try checkNumbers(CommandLine.arguments.dropFirst())
      var command = try parsed()
      // Only what measures or shows OpenBLAS has use for its threads; fits have none, and theirs would spin.
      if !(command is any UsesLibraryThreads) { LAPACKSolver.runOnOneThread() }
      try command.run()
    } catch {
      guard let failure = Failure(error) ?? Failure(arguments: error) else { exit(withError: error) }
      Diagnostics.error(failure.message)
      Foundation.exit(failure.status)
    }
  }
}

extension GemmcastCommand {
  /// The subcommand that the arguments begin with, as its own parser reads them; else what the whole tree reads.
  ///
  /// The tree's parser describes the subcommand's options once more, which takes a fifth of its time. Help, the version
  /// and what is wrong are left to it.
  private static func parsed() throws -> any ParsableCommand {
    let arguments = ValidateStepCommand.routed(Array(CommandLine.arguments.dropFirst()))
    if let name = arguments.first,
      let subcommand = configuration.subcommands.first(where: { $0.configuration.commandName == name }),
      let command = try? subcommand.parse(Array(arguments.dropFirst()))
    {
      return command
    }
    return try parseAsRoot(arguments)
  }

  /// Refuses numbers that are not written as files write them, such as `0x10`, `inf` or `+5`: the parser takes some.
  private static func checkNumbers(_ arguments: some Sequence<String>) throws {
    for argument in arguments {
      let value = argument.hasPrefix("--") ? argument.split(separator: "=").last.map(String.init) ?? "" : argument
      guard Double(value) != nil, !DecimalNumber.isDecimal(value) else { continue }
      throw Failure.usage(
        "\(VisibleText.cut(value)) is not a decimal number; write it as in 12, 0.5 or 1e6 (a file of that name as ./\(VisibleText.cut(value)))"
      )
    }
  }
}

/// A command that measures with OpenBLAS's threads, or tells of them.
protocol UsesLibraryThreads {}

extension CalibrateCommand: UsesLibraryThreads {}

extension MeasureWorkerCommand: UsesLibraryThreads {}

extension ReplayWorkerCommand: UsesLibraryThreads {}

extension TopologyCommand: UsesLibraryThreads {}
