import Testing

@testable import gemmcast

/// A state of a calibration in the columns of a terminal.
@Suite struct ProgressLineTests {
  private static let line = ProgressLine(
    share: 0.5, state: "1151 of up to 131660 visits, pass 1, 1 thr, 9 of 115 s", short: "1151/131660, 9 of 115 s")

  @Test func withRoomThereIsABarOfThirty() {
    #expect(
      Self.line.text(columns: 200)
        == "[###############...............] 1151 of up to 131660 visits, pass 1, 1 thr, 9 of 115 s")
  }

  @Test func theBarGivesWayThenTheWords() {
    #expect(
      Self.line.text(columns: 80) == "[###########...........] 1151 of up to 131660 visits, pass 1, 1 thr, 9 of 115 s")
    #expect(Self.line.text(columns: 54) == "[#############..............] 1151/131660, 9 of 115 s")
    #expect(Self.line.text(columns: 30) == "1151/131660, 9 of 115 s")
    #expect(Self.line.text(columns: 10) == "1151/1316")
  }

  @Test(arguments: 0...120) func noLineFillsItsTerminal(columns: Int) {
    for share in [0, 0.3, 1, 7] {
      var line = Self.line
      line.share = share
      #expect(line.text(columns: columns).count <= max(0, columns - 1))
    }
  }
}
