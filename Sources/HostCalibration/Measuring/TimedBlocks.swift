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
    /// How many times as long as usual the core took beside the block; nil where that says little of the block.
    var slowdown: Double?

    var isUndisturbed: Bool { isWhole && slowdown ?? 1 < CorePace.shared }
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

  /// Whether the core was shared beside so many blocks that too few others are left to tell a median by.
  var lacksUndisturbed: Bool {
    blocks.count(where: \.isUndisturbed) < Self.enoughBlocks
      && blocks.contains { $0.slowdown ?? 1 >= CorePace.shared }
  }

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
        slowdown: pace == nil || block > Self.longBlock ? nil : max(slowdown, slowdownBefore)))
    slowdownBefore = slowdown
    switchesBefore = switchesNow
    return block
  }

  /// Forgets the first so many blocks.
  mutating func dropFirst(_ count: Int) { blocks.removeFirst(min(count, blocks.count)) }

  /// Seconds of a call in the blocks that count, and how many times as long as usual the core took beside them: 1 where it
  /// was as usual, nil where its pace says nothing of them.
  ///
  /// The undisturbed blocks count; all whole ones where those are too few to tell a median by, and the broken ones too
  /// where whole ones are fewer than `count`: long ones hardly ever escape.
  func samples(atLeast count: Int) -> (seconds: [Double], slowdown: Double?) {
    let undisturbed = blocks.filter(\.isUndisturbed)
    if undisturbed.count >= Self.leastBlocks {
      return (undisturbed.map(\.secondsOfCall), undisturbed.contains { $0.slowdown != nil } ? 1 : nil)
    }
    let whole = blocks.filter(\.isWhole)
    let counted = whole.count >= count ? whole : blocks
    let slowdown = SampleSummary(counted.compactMap(\.slowdown))?.median
    return (counted.map(\.secondsOfCall), slowdown.map { $0 < CorePace.shared ? 1 : $0 })
  }

  /// Undisturbed blocks that a median is told by if others were disturbed, and how many make waiting for more needless.
  private static let leastBlocks = 3
  private static let enoughBlocks = 4
}
