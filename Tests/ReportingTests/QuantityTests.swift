import Testing

@testable import Reporting

@Suite struct QuantityTests {
  @Test(arguments: [
    (0.0, "0 s"), (1, "1.000 s"), (0.999_96, "1.000 s"), (0.5, "500.0 ms"), (1.234_56e-5, "12.35 µs"),
    (3e-9, "3.000 ns"), (2.5e-12, "0.002500 ns"), (90, "90.00 s"), (3600, "1 h 00 min"), (7384, "2 h 03 min"),
    (-0.25, "-250.0 ms"), (31_557_600, "1.000 years"), (31_557_000, "8765 h 50 min"), (4.317e12, "136797 years"),
    (1e30, "3.2e+22 years"), (-1e9, "-31.69 years"), (.nan, "—"), (.infinity, "—"),
  ])
  func times(_ seconds: Double, _ text: String) {
    #expect(Quantity.time(seconds) == text)
  }

  @Test func oneIsNoPlural() {
    #expect(Quantity.counted(1, "GPU") == "1 GPU" && Quantity.counted(2, "GPU") == "2 GPUs")
    #expect(Quantity.counted(0, "row") == "0 rows" && Quantity.counted(3, "micro-batch") == "3 micro-batches")
  }

  @Test func amountsCarryTheirPrefix() {
    #expect(Quantity.bytes(409.6e9) == "409.6 GB")
    #expect(Quantity.bytes(1) == "1.000 B")
    #expect(Quantity.bytes(999_999) == "1.000 MB")
    #expect(Quantity.binaryBytes(32 * 1024) == "32.00 KiB")
    #expect(Quantity.bandwidth(3.35e12) == "3.350 TB/s")
    #expect(Quantity.throughput(989.4e12) == "989.4 TFLOP/s")
  }

  @Test func significantDigitsNeitherGrowNorVanish() {
    #expect(Quantity.significant(123_456, digits: 3) == "123456")
    #expect(Quantity.significant(0.001_234, digits: 2) == "0.0012")
    #expect(Quantity.significant(0, digits: 3) == "0")
    #expect(Quantity.significant(.greatestFiniteMagnitude, digits: 3).count == 309)
    #expect(Quantity.percent(0.1254) == "12.5 %")
  }

  @Test func countsAreGroupedByThousands() {
    #expect(Quantity.count(10_240_000) == "10,240,000")
    #expect(Quantity.count(-999) == "-999")
    #expect(Quantity.count(Int.min) == "-9,223,372,036,854,775,808")
    #expect(Quantity.count(1_234_567.8) == "1,234,568")
    #expect(Quantity.count(-0.4) == "0" && Quantity.count(-1234.4) == "-1,234")
    #expect(Quantity.count(1e20) == "100,000,000,000,000,000,000")
    #expect(Quantity.count(Double.infinity) == "—" && Quantity.count(Double.nan) == "—")
  }
}
