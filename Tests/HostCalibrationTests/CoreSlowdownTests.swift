import Testing

@testable import HostCalibration

@Suite struct CoreSlowdownTests {
  @Test func theRealCoreIsRead() {
    let core = CoreSlowdown(seed: 1)
    let readings = (0..<200).map { _ in core.now() }.sorted()
    // Some readings are as usual or faster, whatever else the machine does; and they differ, which
    // they do not where nothing is timed.
    #expect(readings[0] > 0 && readings[0] <= 1 && readings[199] > readings[0])
  }
}
