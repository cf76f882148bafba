import DataFiles
import SeededRandom
import Testing

@Suite struct FixedPointTests {
  @Test func roundsAndKeepsItsDigits() {
    #expect(FixedPoint.text(1234567.891, decimals: 2) == "1234567.89")
    #expect(
      FixedPoint.text(0.0000005, decimals: 6) == "0.000000" || FixedPoint.text(0.0000005, decimals: 6) == "0.000001")
    #expect(FixedPoint.text(2, decimals: 3) == "2.000")
    #expect(FixedPoint.text(-1.5, decimals: 0) == "-2")
    #expect(FixedPoint.text(1e22, decimals: 1) == "10000000000000000000000.0")
  }

  @Test(arguments: 0..<50)
  func comesBackWithinHalfAUnitOfTheLastDigit(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let value = Double.random(in: -1e6...1e6, using: &random)
    for decimals in 0...6 {
      var unit = 1.0
      for _ in 0..<decimals { unit /= 10 }
      let back = try #require(Double(FixedPoint.text(value, decimals: decimals)))
      #expect(abs(back - value) <= unit / 2 * (1 + 1e-9))
    }
  }
}
