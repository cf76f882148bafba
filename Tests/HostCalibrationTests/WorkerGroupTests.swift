import Foundation
import Testing

@testable import HostCalibration

/// Groups of shells in the place of ranks.
@Suite struct WorkerGroupTests {
  private func start(
    _ line: String, count: Int, silence: Double = 30, sharing region: SharedRegion? = nil, stop: StopFlag = StopFlag()
  ) throws -> WorkerGroup {
    try WorkerGroup(
      WorkerGroup.Launch(executable: "/bin/sh", arguments: ["-c", line], threads: 1, coreType: nil, silence: silence),
      count: count, sharing: region, stop: stop)
  }

  @Test func linesGoToOneAndComeFromAny() throws {
    let group = try start("read line; echo \"got $line\"; echo twice; cat > /dev/null", count: 3)
    for index in 0..<3 { try group.send("word\(index)", to: index) }
    var lines: [Int: [String]] = [:]
    for _ in 0..<6 {
      let (index, line) = try group.next(awaited: [0, 1, 2])
      lines[index, default: []].append(line)
    }
    for index in 0..<3 { #expect(lines[index] == ["got word\(index)", "twice"]) }
    group.close()
  }

  @Test(arguments: [
    ("exit 3", "exit code 3"), ("kill -KILL $$", "memory may have run out"), ("kill -STOP $$", "stopped by a signal"),
    ("exec sleep 1000", "it did no work"),
  ])
  func oneThatFailsIsTheGroupsFailure(line: String, complaint: String) throws {
    // The first works on all the while.
    let group = try start(
      "ulimit -t 60; read order; test \"$order\" = work && while :; do :; done; \(line)", count: 2,
      silence: line.contains("kill -KILL") || line.contains("exit") ? 30 : 0.4)
    try group.send("work", to: 0)
    try group.send("fail", to: 1)
    #expect {
      _ = try group.next(awaited: [0, 1])
    } throws: {
      "\($0)".contains(complaint)
    }
    group.close()
  }

  @Test func aRegionIsOpenInEveryChild() throws {
    let region = try SharedRegion(bytes: 4096)
    let group = try start("printf x >&3; echo done; cat > /dev/null", count: 2, sharing: region)
    for _ in 0..<2 { #expect(try group.next(awaited: [0, 1]).line == "done") }
    // Both share one place in the file.
    #expect(region.start.load(as: UInt16.self) == 0x7878)
  }

  @Test func aRaisedFlagEndsTheWait() throws {
    let stop = StopFlag()
    stop.raise()
    let group = try start("cat > /dev/null", count: 2, stop: stop)
    #expect(throws: CalibrationError.stopped) { try group.next(awaited: [0, 1]) }
  }
}
