import Testing

@testable import HostCalibration

@Suite struct PaceWatchTests {
  private func hardwareThread(of hwloc: Hwloc) throws -> Int {
    try #require((hwloc.boundProcessingUnits() ?? hwloc.allowedProcessingUnits()).min())
  }

  /// Computes until so many readings were taken, ten seconds at most.
  private func wait(for count: Int, from watcher: PaceWatcher) -> Bool {
    let probe = PaceProbe(seed: 2)
    let limit = MonotonicClock.now() + 10
    while MonotonicClock.now() < limit {
      probe.work(seconds: 1e-3)
      if watcher.count >= count { return true }
    }
    return false
  }

  @Test func aCoreIsHeardWhileOthersComputeOnIt() throws {
    let hwloc = try Hwloc()
    let watcher = PaceWatcher(seed: 1, hwloc: hwloc)
    defer { watcher.close() }
    #expect(watcher.count == 0)
    watcher.begin(on: try hardwareThread(of: hwloc))
    #expect(wait(for: 5, from: watcher))
    let (readings, awake) = watcher.end { ($0.readings, $0.awake) }
    #expect(readings.allSatisfy { $0 > 0 } && awake > readings.reduce(0, +))

    // Nothing more is heard after the end, and the next watch begins with nothing.
    let few = watcher.count
    PaceProbe(seed: 2).work(seconds: 0.02)
    #expect(watcher.count == few)
    watcher.begin(on: try hardwareThread(of: hwloc))
    #expect(watcher.count < few)
    #expect(wait(for: 3, from: watcher))
  }

  @Test func aWatchTellsThePaceAndItsPrice() throws {
    let hwloc = try Hwloc()
    let unit = try hardwareThread(of: hwloc)
    let watch = PaceWatch(cores: 1, seed: 1, hwloc: hwloc) { [unit] }
    watch.begin()
    #expect(watch.end(on: .alone) == nil)
    var finding: PaceWatch.Finding?
    for _ in 0..<100 where finding == nil {
      watch.begin()
      PaceProbe(seed: 2).work(seconds: 0.1)
      finding = watch.end(on: .alone)
    }
    let heard = try #require(finding)
    #expect(heard.pace >= 0 && heard.pace <= PaceScale.alone.broken)
    #expect(heard.readings >= 2 && heard.interruptions == heard.readings && heard.awake > 0)
  }
}
