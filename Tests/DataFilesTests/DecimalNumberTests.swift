import DataFiles
import Testing

@Suite struct DecimalNumberTests {
  @Test(arguments: [
    ("0", 0.0), ("12", 12), ("-0.5", -0.5), ("1.25e-06", 1.25e-6), ("1E3", 1000), ("10.010", 10.01), ("2e+2", 200),
  ])
  func decimalsAreRead(text: String, value: Double) {
    #expect(DecimalNumber.double(text) == value)
  }

  @Test(arguments: [
    "", "-", "+5", ".5", "5.", "005", "00", "0x10", "0x1p4", "1_000", "1,5", " 5", "5 ", "nan", "inf", "-inf", "1e",
    "1e+", "--1", "1.2.3", "１", "1e400", "5\n",
  ])
  func anythingElseIsNone(text: String) {
    #expect(DecimalNumber.double(text) == nil)
    #expect(DecimalNumber.integer(text) == nil)
  }

  @Test func wholeNumbersHaveNoPoint() {
    #expect(DecimalNumber.integer("4096") == 4096)
    #expect(DecimalNumber.integer("-3") == -3)
    #expect(DecimalNumber.integer("4096.0") == nil)
    #expect(DecimalNumber.integer("1e3") == nil)
    #expect(DecimalNumber.integer("99999999999999999999") == nil)
  }
}
