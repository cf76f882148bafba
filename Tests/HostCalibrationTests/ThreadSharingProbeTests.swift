import Foundation
import Testing

@testable import HostCalibration

/// From which m·k·n on products are shared, as a probe finds it.
@Suite struct ThreadSharingProbeTests {
  /// A library that shares products above a volume, and counts how often it was asked for one.
  private final class Library {
    let volume: Double
    private(set) var shared = 0
    var disturbedAt: Int?
    private var asked = 0

    init(above volume: Double) { self.volume = volume }

    func isShared(_ k: Int) -> Bool? {
      asked += 1
      let result = Double(64 * 64 * k) > volume
      if result { shared += 1 }
      return asked == disturbedAt ? !result : result
    }
  }

  @Test(arguments: [262_144.0, 524_288, 1e6])
  func aKnownVolumeIsFoundWithTwoSharedProducts(volume: Double) {
    let library = Library(above: volume)
    #expect(ThreadSharingProbe(isShared: library.isShared).loneVolume() == volume)
    #expect(library.shared == 2)
  }

  @Test(arguments: [0.0, 20_000, 65_536, 300_000, 700_000, 3e6, 8.4e6, 1.6e7])
  func anyOtherIsFoundToOneStep(volume: Double) throws {
    let library = Library(above: volume)
    let found = try #require(ThreadSharingProbe(isShared: library.isShared).loneVolume())
    #expect(found <= volume && found > volume - 64 * 64)
    #expect(library.shared <= 14)
  }

  @Test func whatCannotBeSeenOrIsNeverSharedIsNotGuessed() {
    #expect(ThreadSharingProbe { _ in nil }.loneVolume() == nil)
    #expect(ThreadSharingProbe { _ in false }.loneVolume() == nil)
  }

  /// Something else that wakes a thread once, anywhere on the way.
  @Test(arguments: 1...6) func oneDisturbanceGivesTheVolumeOrNothing(at ask: Int) {
    let library = Library(above: 1e6)
    library.disturbedAt = ask
    let found = ThreadSharingProbe(isShared: library.isShared).loneVolume()
    #expect(found == nil || found == 1e6)
  }

  @Test func turnsAndSleepAreReadFromTheSystemsFiles() throws {
    let folder = try TemporaryFolder()
    func write(_ task: Int, turns: Int, state: String) throws {
      try folder.write("1234 567 \(turns)\n", to: "proc/self/task/\(task)/schedstat")
      try folder.write("\(task) (a name) ) \(state) 1 2 3\n", to: "proc/self/task/\(task)/stat")
    }
    try write(70, turns: 5, state: "S")
    try write(71, turns: 9, state: "S")
    let tasks = OtherTasks(files: HostFiles(root: folder.path))
    #expect(tasks.turns == [70: 5, 71: 9] && tasks.areAsleep && tasks.identifiers == [70, 71])
    try write(71, turns: 10, state: "R")
    #expect(tasks.turns == [70: 5, 71: 10] && !tasks.areAsleep && !tasks.waitUntilAsleep(seconds: 0))
    try folder.write("", to: "proc/self/task/71/schedstat")
    #expect(tasks.turns == nil)
  }

  @Test(arguments: [
    ("0.3.21", "Haswell", 262_144.0), ("0.3.26", "Zen", 262_144), ("0.3.27", "Haswell", 524_288),
    ("0.3.27.63", "Zen", 524_288), ("0.3.30", "Haswell", 524_288), ("0.4.0", "Zen", 524_288),
    ("0.3.21", "SkylakeX", 1e6), ("0.3.34", "Cooperlake", 1e6), ("unknown", "Haswell", 262_144),
  ])
  func withoutAProbeTheSourcesTell(version: String, kernel: String, volume: Double) {
    let build = OpenBLASBuild(
      version: version, configuration: "", kernel: kernel, threads: 2, threading: .pthread)
    #expect(build.assumedLoneVolume == volume)
  }
}
