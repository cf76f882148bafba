internal import GEMMTiming

/// Decides that a visit ends: its item has been measured well enough, or its time is up.
///
/// Well enough is: the median's 95 % interval is narrow; or the noise has settled, so that more samples would narrow the
/// interval only as 1/√n (the second exit of NVIDIA's nvbench, without which short kernels never end); or the cap.
struct VisitEnd {
  private let rule: StopRule
  private let deadline: Double
  private let patience: Double
  private var noiseBefore: Double?

  /// Decides by `rule`, by a moment, and by the seconds that may pass beyond it where too few blocks are undisturbed.
  init(rule: StopRule, deadline: Double = .infinity, patience: Double = 0) {
    self.rule = rule
    self.deadline = deadline
    self.patience = patience
  }

  /// Whether the visit ends with these blocks; called after each of them.
  mutating func hasCome(_ blocks: TimedBlocks, now: Double) -> Bool {
    guard blocks.count > 0 else { return false }
    if isEnough(blocks.undisturbed) { return true }
    return now >= deadline && !(blocks.lacksUndisturbed && now < deadline + patience)
  }

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
