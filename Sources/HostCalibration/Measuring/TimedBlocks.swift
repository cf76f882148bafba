internal import GEMMTiming

/// The blocks of calls that were timed, and what was amiss with each: the scheduler broke into it, or the core was not at
/// its usual pace before or after it.
struct TimedBlocks {
  private var blocks: [Block] = []
  private let threads: Int
  private let clockCost: Double
  private let pace: CorePace?
  private var switchesBefore = Disturbance.involuntarySwitches()
  private var slowdownBefore: Double

  private struct Block {
    var secondsOfCall: Double
    var seconds: Double
    var isWhole: Bool
    /// How many times as long as usual the core took beside the block; 1 where that says little of the block.
    var slowdown: Double

    var isUndisturbed: Bool { isWhole && slowdown < CorePace.shared }
  }

  /// Seconds of a block beyond which the pace beside it says little of the pace within.
  private static let longBlock = 1e-3

  /// No blocks yet; `clockCost` is the seconds of a reading of the clock, which every block has one of in it.
  init(threads: Int, clockCost: Double, pace: CorePace?) {
    self.threads = threads
    self.clockCost = clockCost
    self.pace = pace
    slowdownBefore = pace?.slowdown() ?? 1
  }

  var count: Int { blocks.count }
  /// Seconds that all of them took.
  var seconds: Double { blocks.reduce(0) { $0 + $1.seconds } }
  /// Seconds of a call in blocks that nothing was amiss with.
  var undisturbed: [Double] { blocks.filter(\.isUndisturbed).map(\.secondsOfCall) }

  /// Times a block of calls; returns its seconds.
  mutating func time(_ count: Int, of calls: inout CallRunner) -> Double {
    let threadBefore = MonotonicClock.threadTime()
    let block = max(calls.time(count) - clockCost, clockCost)
    let onCore = MonotonicClock.threadTime() - threadBefore
    let switchesNow = Disturbance.involuntarySwitches()
    let isWhole = switchesNow == switchesBefore
    let slowdown = pace?.slowdown() ?? 1
    // One thread's time on its core leaves the neighbour's turn out; of several threads it says nothing.
    let counted = !isWhole && threads == 1 ? min(block, onCore) : block
    blocks.append(
      Block(
        secondsOfCall: counted / Double(count), seconds: block, isWhole: isWhole,
        slowdown: block > Self.longBlock ? 1 : max(slowdown, slowdownBefore)))
    slowdownBefore = slowdown
    switchesBefore = switchesNow
    return block
  }

  /// Forgets the first so many blocks.
  mutating func dropFirst(_ count: Int) { blocks.removeFirst(min(count, blocks.count)) }

  /// Seconds of a call in the blocks that count, and how much slower than usual the core was beside them.
  ///
  /// The undisturbed blocks count; all whole ones where those are too few to tell a median by, and the broken ones too
  /// where whole ones are fewer than `count`: long ones hardly ever escape.
  func samples(atLeast count: Int) -> (seconds: [Double], slowdown: Double) {
    let undisturbed = undisturbed
    if undisturbed.count >= Self.leastBlocks { return (undisturbed, 1) }
    let whole = blocks.filter(\.isWhole)
    let counted = whole.count >= count ? whole : blocks
    let slowdown = SampleSummary(counted.map(\.slowdown))?.median ?? 1
    return (counted.map(\.secondsOfCall), slowdown < CorePace.shared ? 1 : slowdown)
  }

  /// Undisturbed blocks that a median is told by, if others were disturbed.
  private static let leastBlocks = 3
}
