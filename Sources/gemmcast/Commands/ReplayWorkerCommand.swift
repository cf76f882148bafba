internal import ArgumentParser
internal import LayerReplay

/// A rank's process, which `replay` starts; not for use by hand.
struct ReplayWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay-worker",
    abstract: "Run the layers of one rank: a request as a line of JSON in, messages as lines of JSON out.",
    shouldDisplay: false)

  func run() { ReplayWorker.serve() }
}
