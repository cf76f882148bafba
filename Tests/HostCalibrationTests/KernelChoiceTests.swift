import Testing

@testable import HostCalibration

struct KernelChoiceTests {
  /// A program that must not be started: the choice is made without a trial.
  private static let launch = WorkerProcess.Launch(executable: "/no/such", arguments: [], memoryLimit: 1, seed: 1)

  @Test func whatIsNamedOrInheritedNeedsNoTrial() throws {
    let topology = try HostTopology.discover()
    func kernel(_ choice: CoreTypeChoice) throws -> String? {
      try KernelChoice.kernel(choice, launch: Self.launch, topology: topology, threads: 1, stop: StopFlag())
    }
    #expect(try kernel(.named("Haswell")) == "Haswell")
    #expect(try kernel(.inherited) == nil)
    #expect(throws: CalibrationError.self) { try kernel(.automatic) }
  }

  @Test func ranksMustHaveACoreForEachThread() throws {
    let topology = try HostTopology.discover()
    try topology.require(ranks: 1, threads: 1)
    for (ranks, threads) in [(topology.cores.count + 1, 1), (1, topology.cores.count + 1), (Int.max, 2)] {
      #expect(throws: CalibrationError.self) { try topology.require(ranks: ranks, threads: threads) }
    }
  }
}
