/// What readings say of the core on which a block of calls or a step ran: those beside it, or those within it.
struct CoreReadings {
  /// How many times as long as usual the core took; nil where that says little of the block.
  var slowdown: Double?
  /// The mean level (``SharingScale``); nil where it says little of the block.
  var level: Double?
  /// Readings that the level is the mean of; none where they differ, and it may have been any of them.
  var count = 0
  /// Whether they are from within the block.
  var areWithin = false

  /// Seconds of a block beyond which readings beside it say little of its core: of a core that was shared or not, half is
  /// so still after 10 ms, a third after 100.
  private static let longBlock = 3e-2
  /// The same after operands that stream, which leave a core slower by itself for a while.
  private static let longStream = 1e-3
  /// The levels before and after a block differ by no more where they say the same.
  private static let agreement = 0.1
}

extension CoreReadings {
  /// Readings within a block of so many seconds.
  init(within finding: InCallSlowdown.Finding, of seconds: Double, on scale: SharingScale) {
    self.init(
      slowdown: seconds <= Self.longBlock ? scale.slowdown(finding.level) : nil, level: finding.level,
      count: finding.readings, areWithin: true)
  }

  /// Slowdowns that were read before and after a block of so many seconds, whose operands may stream past the caches.
  init(
    before: Double?, after: Double, of seconds: Double, streams: Bool, core: CoreSlowdown, on scale: SharingScale
  ) {
    self.init()
    guard seconds <= (streams ? Self.longStream : Self.longBlock) else { return }
    let before = before ?? after
    slowdown = max(before, after)
    guard !streams else { return }
    let levels = (before: core.level(before, on: scale), after: core.level(after, on: scale))
    level = (levels.before + levels.after) / 2
    count = abs(levels.before - levels.after) <= Self.agreement ? 2 : 0
  }

  /// Whether the core was shared, as far as readings beside the block say.
  var areShared: Bool { slowdown ?? 1 >= CoreSlowdown.shared }

  /// How many times as long as on a core of its own the block took.
  func factor(by correction: SharingCorrection) -> Double {
    guard let level, areWithin || areShared else { return 1 }
    return correction.factor(level)
  }

  /// What a correction can learn from a call of so many seconds; nil where the readings say nothing of it.
  func call(seconds: Double) -> SharingCorrection.Call? {
    guard let level, count > 0 else { return nil }
    return SharingCorrection.Call(seconds: seconds, level: level, readings: count, isSampled: areWithin)
  }
}
