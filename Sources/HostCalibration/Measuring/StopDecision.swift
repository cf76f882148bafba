internal import GEMMTiming

/// Decides when a shape has been measured well enough.
///
/// Enough is: the median's 95 % interval is narrow; or the noise has settled, so that more samples would narrow the
/// interval only as 1/√n (the second exit of NVIDIA's nvbench, without which short kernels never end); or the cap.
struct StopDecision {
  private let rule: StopRule
  private var noiseBefore: Double?

  /// Decides by `rule`.
  init(rule: StopRule) { self.rule = rule }

  /// Whether all those taken so far, `samples`, are enough; called after each sample.
  mutating func isEnough(_ samples: [Double]) -> Bool {
    let count = samples.count
    guard count >= rule.minimumSamples else { return false }
    if count >= rule.maximumSamples { return true }
    // Looking after every sample would stop on lucky streaks.
    guard count.isMultiple(of: max(1, rule.minimumSamples / 2)), let summary = SampleSummary(samples) else {
      return false
    }
    if summary.high - summary.low <= 2 * rule.halfWidth * summary.median { return true }
    guard count.isMultiple(of: rule.minimumSamples) else { return false }
    let sorted = samples.sorted()
    let noise = (sorted[count * 3 / 4] - sorted[count / 4]) / summary.median
    defer { noiseBefore = noise }
    guard let noiseBefore, count >= 3 * rule.minimumSamples else { return false }
    return abs(noise - noiseBefore) <= 0.1 * noiseBefore
  }
}
