import ArgumentParser

@main
struct GemmcastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "gemmcast")
}
