import GEMMTiming
import Testing

@Suite struct GEMMTimeModelTests {
  /// One second a flop, GEMMs in fp32 only.
  private struct Slow: GEMMTimeModel {
    let deviceName = "slow"
    func peakFlops(_ dtype: DataType) -> Double? { dtype == .fp32 ? 1 : nil }
    func predict(_ operation: Operation) throws(UnsupportedOperation) -> TimePrediction {
      guard case .gemm(let shape, .fp32, _) = operation else {
        throw UnsupportedOperation(device: deviceName, reason: "it has fp32 only")
      }
      return TimePrediction(
        seconds: shape.flops, low: shape.flops, high: shape.flops, bound: .compute, source: .measured)
    }
  }

  @Test func aShapeIsAskedAsAGEMM() throws {
    let shape = try GEMMShape(m: 2, k: 3, n: 5)
    #expect(try Slow().predict(shape, .fp32) == Slow().predict(.gemm(shape, .fp32)))
    #expect(try Slow().predict(shape, .fp32).seconds == 60)
  }

  @Test func whatADeviceCannotDoIsSaid() throws {
    let shape = try GEMMShape(m: 2, k: 3, n: 5)
    let error = #expect(throws: UnsupportedOperation.self) { try Slow().predict(shape, .fp8) }
    #expect(error?.description == "slow: it has fp32 only")
  }

  @Test func noWorkTakesNoTime() {
    let zero = TimePrediction.zero
    #expect([zero.low, zero.seconds, zero.high] == [0, 0, 0])
  }
}
