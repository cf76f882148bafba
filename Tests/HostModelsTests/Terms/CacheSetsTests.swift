import SeededRandom
import Testing

@testable import HostModels

@Suite struct CacheSetsTests {
  /// The sets that lines so far apart really fall into.
  private func sets(rows: Int, stride: Int) -> Int {
    Set((0..<rows).map { $0 * stride % 4096 / 64 }).count
  }

  @Test func rowsOfPowersOfTwoCrowdTheSetsThatTheyFallInto() {
    for floats in [32, 64, 96, 128, 256, 512, 1024, 2048, 7104] {
      let bytes = CacheSets.bytes(rows: 320, stride: Double(4 * floats))
      #expect(bytes == 320.0 * 64 * 64 / Double(sets(rows: 320, stride: 4 * floats)), "\(floats)")
    }
    #expect(CacheSets.bytes(rows: 320, stride: 4096) == 64 * 320 * 64)
  }

  @Test func otherRowsSpreadOverAll() {
    for floats in [17, 100, 333, 1000, 1040, 4097 + 512] {
      let crowding = CacheSets.bytes(rows: 320, stride: Double(4 * floats)) / (320 * 64)
      #expect(crowding >= 1 && crowding < 1.6, "\(floats): \(crowding)")
    }
  }

  @Test func ofRandomStridesItIsWithinATwofoldOfTheCount() {
    var generator = SplitMix64(seed: 7)
    for _ in 0..<2000 {
      let (rows, stride) = (
        Int.random(in: 64...640, using: &generator), 4 * Int.random(in: 16...8192, using: &generator)
      )
      let ratio =
        CacheSets.bytes(rows: Double(rows), stride: Double(stride))
        / (Double(rows) * 64 * 64 / Double(sets(rows: rows, stride: stride)))
      #expect(ratio > 0.5 && ratio < 2, "\(rows) rows of \(stride) bytes: \(ratio)")
    }
  }

  /// Stretches of some lines begin where a set begins.
  @Test func stretchesOfLinesAreWithinATwofoldOfTheCount() {
    var generator = SplitMix64(seed: 8)
    for _ in 0..<2000 {
      let (rows, stride, lines) = (
        Int.random(in: 64...400, using: &generator), 64 * Int.random(in: 5...512, using: &generator),
        Int.random(in: 1...5, using: &generator)
      )
      let sets = Set((0..<rows).flatMap { row in (0..<lines).map { (row * stride / 64 + $0) % 64 } }).count
      let ratio =
        CacheSets.bytes(rows: Double(rows), stride: Double(stride), lines: Double(lines))
        / (Double(rows * lines) * 64 * 64 / Double(sets))
      #expect(ratio > 0.5 && ratio < 2, "\(rows) rows of \(stride) bytes, \(lines) lines: \(ratio)")
    }
  }
}
