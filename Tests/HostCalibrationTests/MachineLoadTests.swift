import Testing

@testable import HostCalibration

@Suite struct MachineLoadTests {
  @Test func slowReadingsAreThoseFarAboveTheUsual() {
    #expect(MachineLoad.slowShare([]) == 0)
    #expect(MachineLoad.slowShare([1, 1, 1, 1]) == 0)
    #expect(MachineLoad.slowShare([1, 1, 1, 1.2, 1.3, 2, 1, 1, 1, 1]) == 0.2)
  }

  @Test func anyShareAboveItsLimitIsBusy() {
    #expect(!MachineLoad(average: 9, others: 0.1, stolen: 0.01, slowReadings: 0.1).isBusy)
    #expect(MachineLoad(average: nil, others: 0.5, stolen: 0, slowReadings: 0).isBusy)
    #expect(MachineLoad(average: nil, others: 0, stolen: 0.2, slowReadings: 0).isBusy)
    #expect(MachineLoad(average: nil, others: 0, stolen: 0, slowReadings: 0.6).isBusy)
    #expect(
      MachineLoad(average: 8.14, others: 0.97, stolen: 0, slowReadings: 0.41).description
        == "load 8.1, other programs use 97 % of the cores, the hypervisor takes 0 %, 41 % of short readings are slow")
  }

  @Test func theMachinesOwnLoadIsInShares() throws {
    let load = try #require(MachineLoad.now(seconds: 0.05))
    for share in [load.others, load.stolen, load.slowReadings] { #expect((0...1).contains(share)) }
    #expect(MachineLoad.now(seconds: 0.01, files: HostFiles(root: "/none")) == nil)
  }
}
