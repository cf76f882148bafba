import Testing

@testable import HostCalibration

@Suite struct OperandRegionTests {
  @Test func growingKeepsWhatIsThereAndGoesOnWithThePeriod() throws {
    let region = OperandRegion(most: 2_000_000, seed: 7)
    #expect(region.start == nil && region.filled == 0)
    #expect(region.fill(1000))
    let start = try #require(region.start)
    let first = (0..<1000).map { start[$0] }
    #expect(first.allSatisfy { abs($0) <= 1 } && Set(first).count > 900)
    start[3] = 9
    #expect(region.fill(1_500_001))
    #expect(region.start == start)
    #expect(start[3] == 9)
    #expect(region.filled == 1_500_001)
    for index in [5, 70_000, 262_138] { #expect(start[index + 4 * 262_139] == start[index]) }
    // What is filled already is not filled again.
    #expect(region.fill(10) && region.filled == 1_500_001)
  }

  @Test func moreThanWasMeantIsAskedForAnew() throws {
    let region = OperandRegion(most: 300_000, seed: 7)
    #expect(region.fill(300_000))
    #expect(region.fill(3_000_000))
    #expect(region.filled == 3_000_000)
    region.release()
    #expect(region.start == nil && region.filled == 0)
  }

  @Test func whatTheSystemHasNoRoomForIsRefused() {
    let region = OperandRegion(most: 1, seed: 7)
    #expect(!region.fill(1 << 58))
    #expect(region.fill(100))
  }
}
