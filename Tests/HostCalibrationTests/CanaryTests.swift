import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct CanaryTests {
  @Test func theUndisturbedTimeIsTheLowerTenthOfAllInWhateverOrder() throws {
    let measurer = SimulatedMeasurer(threads: 2)
    var canary = try Canary(threads: 2)
    #expect(canary.undisturbed == nil && canary.flopsPerSecond == nil)
    #expect(canary.slowdown(1) == 1)
    let shape = try GEMMShape(m: Canary.extent, k: Canary.extent, n: Canary.extent)
    let seconds = SimulatedMeasurer.seconds(WorkItem(shape, threads: 2))
    // Slow for most of the run: the median would take that for usual.
    let factors = [1.5, 1.4, 1.0, 1.5, 1.6, 1.4, 1.1, 1.5, 1.0, 1.5, 1.4, 1.5]
    for factor in factors {
      measurer.canarySlowdown = { _ in factor }
      #expect(abs(try canary.sing(with: measurer) / (factor * seconds) - 1) < 1e-12)
    }
    let undisturbed = try #require(canary.undisturbed)
    #expect(abs(undisturbed / (factors.sorted()[factors.count / 10] * seconds) - 1) < 1e-12)
    #expect(abs(canary.slowdown(1.5 * seconds) - 1.5) < 1e-12)
    #expect(abs(try #require(canary.flopsPerSecond) * undisturbed / shape.flops - 1) < 1e-12)
  }
}
