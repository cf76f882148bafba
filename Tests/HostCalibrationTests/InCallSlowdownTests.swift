import Testing

@testable import HostCalibration

@Suite struct InCallSlowdownTests {
  private func hardwareThread(of hwloc: Hwloc) throws -> Int {
    try #require((hwloc.boundProcessingUnits() ?? hwloc.allowedProcessingUnits()).min())
  }

  /// Computes until so many readings were taken, ten seconds at most.
  private func wait(for count: Int, from sampler: InCallSampler) -> Bool {
    let probe = ProbeKernel(seed: 2)
    let limit = MonotonicClock.now() + 10
    while MonotonicClock.now() < limit {
      probe.work(seconds: 1e-3)
      if sampler.count >= count { return true }
    }
    return false
  }

  @Test func aCoreIsSampledWhileOthersComputeOnIt() throws {
    let hwloc = try Hwloc()
    let sampler = InCallSampler(seed: 1, hwloc: hwloc)
    defer { sampler.close() }
    #expect(sampler.count == 0)
    sampler.begin(on: try hardwareThread(of: hwloc))
    #expect(wait(for: 5, from: sampler))
    let (readings, awake) = sampler.end { ($0.readings, $0.awake) }
    #expect(readings.allSatisfy { $0 > 0 } && awake > readings.reduce(0, +))

    // Nothing more is read after the end, and the next call begins with nothing.
    let few = sampler.count
    ProbeKernel(seed: 2).work(seconds: 0.02)
    #expect(sampler.count == few)
    sampler.begin(on: try hardwareThread(of: hwloc))
    #expect(sampler.count < few)
    #expect(wait(for: 3, from: sampler))
  }

  @Test func aLongCallsLevelIsFoundAndItsPrice() throws {
    let hwloc = try Hwloc()
    let unit = try hardwareThread(of: hwloc)
    let cores = InCallSlowdown(cores: 1, seed: 1, hwloc: hwloc) { [unit] }
    cores.begin()
    #expect(cores.end(on: .alone) == nil)
    var finding: InCallSlowdown.Finding?
    for _ in 0..<100 where finding == nil {
      cores.begin()
      ProbeKernel(seed: 2).work(seconds: 0.1)
      finding = cores.end(on: .alone)
    }
    let found = try #require(finding)
    #expect(found.level >= 0 && found.level <= SharingScale.alone.broken)
    #expect(found.readings >= 2 && found.interruptions == found.readings && found.awake > 0)
  }
}
