import GEMMTiming
import Testing

@Suite struct TimePredictionCheckTests {
  private func check(
    _ seconds: Double, _ low: Double, _ high: Double, _ operation: GEMMTiming.Operation? = nil
  ) throws -> TimePrediction {
    let gemm = GEMMTiming.Operation.gemm(try GEMMShape(m: 1, k: 1, n: 1), .fp32)
    return try TimePrediction(seconds: seconds, low: low, high: high, bound: .compute, source: .scaled)
      .checked(of: "x", for: operation ?? gemm)
  }

  @Test func timesPass() throws {
    #expect(try check(1e-6, 0.9e-6, 1.1e-6).seconds == 1e-6)
    #expect(try check(1e30, 1e30, 1e30).seconds == 1e30)
    #expect(try check(0, 0, 0, GEMMTiming.Operation.none).seconds == 0)
  }

  @Test(
    arguments: [
      (.nan, 1, 2), (.infinity, 1, .infinity), (1, .nan, 2), (1, 0.5, .infinity), (0, 0, 0), (1e-300, 0, 1),
      (-1, -2, 0),
      (8.15e-6, 1701e-6, 18.9e-6), (2, 1, 1.5),
    ] as [(Double, Double, Double)])
  func othersAreRefused(seconds: Double, low: Double, high: Double) {
    let error = #expect(throws: UnsupportedOperation.self) { try check(seconds, low, high) }
    #expect(error?.kind == .impossible)
    #expect(error?.reason.contains("cannot be") == true)
  }
}
