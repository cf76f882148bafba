internal import ArgumentParser
internal import HostCalibration

/// The child process that `calibrate` measures in; not for use by hand.
struct MeasureWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure-worker",
    abstract: "Measure on request: one tab-separated request a line in, one result a line out.",
    shouldDisplay: false)

  @Option(help: "Threads that OpenBLAS was started with.")
  var threads: Int

  @Option(help: "Bytes that operands may take.")
  var memoryLimit: Double

  @Option(help: "Decides the operands' contents.")
  var seed: UInt64 = 1

  @Flag(inversion: .prefixedNo, help: "Bind each thread to a core.")
  var pin = true

  func run() {
    MeasurementWorker.serve(threads: threads, memoryLimit: memoryLimit, pins: pin, seed: seed)
  }
}
