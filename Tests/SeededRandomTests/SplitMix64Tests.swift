import SeededRandom
import Testing

@Suite struct SplitMix64Tests {
  /// The first numbers of seed 1234567 as the reference implementation gives them (Vigna, splitmix64.c).
  @Test func theSequenceIsTheReferences() {
    var generator = SplitMix64(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
      16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in generator.next() } == expected)
  }

  @Test func seedsDiffer() {
    var (a, b) = (SplitMix64(seed: 1), SplitMix64(seed: 2))
    #expect(a.next() != b.next())
  }

  @Test func theNumberAtAPlaceIsThatOfTheSequence() {
    for seed in [0, 1, UInt64.max] {
      var generator = SplitMix64(seed: seed)
      for place in 0..<100 {
        let next = generator.next()
        #expect(SplitMix64.number(at: UInt64(place), seed: seed) == next)
      }
    }
  }
}
