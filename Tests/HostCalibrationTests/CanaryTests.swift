import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct CanaryTests {
  @Test func theUndisturbedTimeIsTheLowerTenthOfAllInWhateverOrder() throws {
    let measurer = SimulatedMeasurer(threads: 2)
    var canary = try Canary(threads: 2)
    #expect(canary.undisturbed == nil && canary.flopsPerSecond == nil)
    #expect(canary.slowdown(1) == 1)
    let extent = Canary.extent(threads: 2)
    let shape = try GEMMShape(m: extent, k: extent, n: extent)
    let seconds = SimulatedMeasurer.seconds(WorkItem(shape, threads: 2))
    // Slow for most of the run: the median would take that for usual.
    let factors = [1.5, 1.4, 1.0, 1.5, 1.6, 1.4, 1.1, 1.5, 1.0, 1.5, 1.4, 1.5]
    for factor in factors {
      measurer.canarySlowdown = { _ in factor }
      #expect(abs(try canary.measure(with: measurer) / (factor * seconds) - 1) < 1e-12)
    }
    let undisturbed = try #require(canary.undisturbed)
    #expect(abs(undisturbed / (factors.sorted()[factors.count / 10] * seconds) - 1) < 1e-12)
    #expect(abs(canary.slowdown(1.5 * seconds) - 1.5) < 1e-12)
    #expect(abs(try #require(canary.flopsPerSecond) * undisturbed / shape.flops - 1) < 1e-12)
  }

  @Test func itDoesNotWaitForAQuietHost() throws {
    let measurer = SimulatedMeasurer(threads: 1)
    var canary = try Canary(threads: 1)
    for _ in 0..<20 { _ = try canary.measure(with: measurer) }
    measurer.canarySlowdown = { _ in 1.5 }
    let usual = try #require(canary.undisturbed)
    // A measurer waits for undisturbed samples up to the limit: it has time for three disturbed ones, and not for more.
    #expect(try canary.measure(with: measurer) > 1.4 * usual)
    let limit = try #require(measurer.canaryLimits.last)
    #expect(limit >= 3 * usual && limit < 3 * 1.5 * usual)
  }

  @Test(arguments: [1, 2])
  func withSeveralThreadsTheStateThatPrevailsIsTheReference(threads: Int) throws {
    let measurer = SimulatedMeasurer(threads: threads)
    var canary = try Canary(threads: threads)
    let extent = Canary.extent(threads: threads)
    let seconds = SimulatedMeasurer.seconds(
      WorkItem(try GEMMShape(m: extent, k: extent, n: extent), threads: threads))
    // Cores are near each other for a third of the time.
    for factor in [1, 1.01, 1.02, 1.03, 2.2, 2.2, 2.3, 2.4, 2.5, 2.4, 2.3, 2.2] {
      measurer.canarySlowdown = { _ in factor }
      _ = try canary.measure(with: measurer)
    }
    let undisturbed = try #require(canary.undisturbed) / seconds
    #expect(abs(undisturbed - (threads == 1 ? 1.01 : 2.2)) < 1e-9)
    #expect(Canary.isOdd(1 / 2.2, threads: 2) && Canary.isOdd(1.3, threads: 2) && !Canary.isOdd(1.15, threads: 2))
    #expect(Canary.isOdd(1.15, threads: 1) && !Canary.isOdd(0.5, threads: 1))
  }
}
