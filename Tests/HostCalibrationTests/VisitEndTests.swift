import Testing

@testable import HostCalibration

@Suite struct VisitEndTests {
  /// How many samples a source of timings gets.
  private func count(_ rule: StopRule, _ sample: (Int) -> Double) -> Int {
    var decision = VisitEnd(rule: rule)
    var samples: [Double] = []
    repeat { samples.append(sample(samples.count)) } while !decision.isEnough(samples) && samples.count < 10_000
    return samples.count
  }

  @Test func steadyTimingsStopAtTheMinimum() {
    #expect(count(StopRule(minimumSamples: 10, maximumSamples: 64)) { _ in 1 } == 10)
  }

  @Test func unsteadyTimingsGoOnToTheCap() {
    // The noise grows and grows: neither exit is taken.
    #expect(count(StopRule(minimumSamples: 10, maximumSamples: 40)) { 1 + Double($0 % 7) * Double($0) * 0.05 } == 40)
  }

  @Test func settledNoiseStopsBeforeTheCap() {
    // Uniform noise of ten percent, whose median half a percent would take hundreds of samples.
    let stopped = count(StopRule(minimumSamples: 10, maximumSamples: 5000)) { 1 + Double($0 * 7919 % 101) * 0.001 }
    #expect(stopped >= 30 && stopped < 200)
  }
}
