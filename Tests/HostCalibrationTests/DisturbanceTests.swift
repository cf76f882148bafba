import Foundation
import GEMMTiming
import Testing

@testable import HostCalibration

/// What others took away, by files of a made-up /proc and by this thread's own load.
@Suite struct DisturbanceTests {
  private func write(_ folder: TemporaryFolder, stolen: Int, waitedNanoseconds: Int) throws {
    try folder.write("cpu  1 2 3 4 5 6 7 \(stolen) 9 10\ncpu0 1 1 1 1 1 1 1 1\n", to: "proc/stat")
    try folder.write("123456 \(waitedNanoseconds) 17\n", to: "proc/thread-self/schedstat")
  }

  @Test func whatCountersSayIsTheirGrowth() throws {
    let folder = try TemporaryFolder()
    try write(folder, stolen: 1000, waitedNanoseconds: 5_000_000)
    let disturbance = Disturbance(files: HostFiles(root: folder.path))
    let ticks = sysconf(Int32(_SC_CLK_TCK))
    try write(folder, stolen: 1000 + ticks / 2, waitedNanoseconds: 5_000_000 + 1_000_000_000_000)
    let state = disturbance.sinceThen()
    #expect(state.involuntarySwitches ?? -1 >= 0)
    #expect(abs((state.stolenSeconds ?? 0) - 0.5) < 1e-9)
    // A thousand seconds in a moment: no share is above one.
    #expect(state.waitedShare == 1)
  }

  @Test func countersThatFallOrAreMissingSayNothing() throws {
    let folder = try TemporaryFolder()
    try write(folder, stolen: 1000, waitedNanoseconds: 5_000_000)
    let disturbance = Disturbance(files: HostFiles(root: folder.path))
    try write(folder, stolen: 10, waitedNanoseconds: 5)
    let state = disturbance.sinceThen()
    #expect(state.stolenSeconds == 0 && state.waitedShare == 0)

    let none = Disturbance(files: HostFiles(root: "/none"))
    #expect(none.sinceThen().stolenSeconds == 0 && none.sinceThen().waitedShare == nil)
    #expect(Disturbance.waitingSeconds(HostFiles(root: "/none")) == nil)
  }

  @Test func damagedFilesSayNothing() throws {
    let folder = try TemporaryFolder()
    try folder.write("cpu  1 2\n", to: "proc/stat")
    try folder.write("x\n", to: "proc/thread-self/schedstat")
    let files = HostFiles(root: folder.path)
    #expect(Disturbance.stolenSeconds(files) == 0 && Disturbance.waitingSeconds(files) == nil)
  }
}
