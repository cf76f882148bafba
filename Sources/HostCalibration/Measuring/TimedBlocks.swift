internal import GEMMTiming

/// The blocks of calls that were timed, and what was amiss with each: the scheduler broke into it, the core was not at its
/// usual pace before or after it, or it took longer than a steady call does.
struct TimedBlocks {
  private var blocks: [Block] = []
  private let threads: Int
  private let clockCost: Double
  private let pace: CorePace?
  private let isSteady: Bool
  private var switchesBefore = Disturbance.involuntarySwitches()
  private var slowdownBefore: Double

  struct Block {
    var secondsOfCall: Double
    var seconds: Double
    var isWhole: Bool
    /// How many times as long as usual the core took beside the block; nil where that says little of the block.
    var slowdown: Double?

    var isUndisturbed: Bool { isWhole && slowdown ?? 1 < CorePace.shared }
  }

  /// Blocks that there is room for from the start.
  private static let usualCount = 64
  /// Seconds of a block beyond which the pace beside it says little of the pace within.
  private static let longBlock = 1e-3

  /// How many times the fastest block's time a call takes at most whose operands have arrived.
  private static let arrival = 1.03
  /// How many times the fastest block's time a steady call takes at most.
  private static let steadiness = 1.1

  /// No blocks yet; `clockCost` is the seconds of a reading of the clock, which every block has one of in it.
  ///
  /// A call is steady that one core does out of its own caches: nothing but a disturbance makes it a tenth slower than it
  /// was a moment before.
  init(threads: Int, clockCost: Double, pace: CorePace?, isSteady: Bool) {
    self.threads = threads
    self.clockCost = clockCost
    self.pace = pace
    self.isSteady = isSteady
    slowdownBefore = pace?.slowdown() ?? 1
    // Growing would move what lies on the heap behind it, and with that the library's own memory.
    blocks.reserveCapacity(Self.usualCount)
  }

  var count: Int { blocks.count }
  /// Seconds that all of them took.
  var seconds: Double { blocks.reduce(0) { $0 + $1.seconds } }
  /// Seconds of a call in blocks that nothing was amiss with.
  var undisturbed: [Double] { undisturbedBlocks.map(\.secondsOfCall) }

  private var undisturbedBlocks: [Block] {
    let own = blocks.filter(\.isUndisturbed)
    guard isSteady, let fastest = own.map(\.secondsOfCall).min() else { return own }
    return own.filter { $0.secondsOfCall <= Self.steadiness * fastest }
  }

  /// Whether so many blocks were disturbed by others that too few are left to tell a median by.
  var lacksUndisturbed: Bool {
    let left = undisturbedBlocks.count
    return left < Self.enoughBlocks && left < blocks.count(where: \.isWhole)
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
    add(
      Block(
        secondsOfCall: counted / Double(count), seconds: block, isWhole: isWhole,
        slowdown: pace == nil || block > Self.longBlock ? nil : max(slowdown, slowdownBefore)))
    slowdownBefore = slowdown
    switchesBefore = switchesNow
    return block
  }

  /// Adds a block that was timed.
  mutating func add(_ block: Block) { blocks.append(block) }

  /// Forgets all blocks.
  mutating func restart() {
    blocks.removeAll(keepingCapacity: true)
    slowdownBefore = pace?.slowdown() ?? 1
    switchesBefore = Disturbance.involuntarySwitches()
  }

  /// Forgets the blocks before the first that is about as quick as the quickest: those in which operands were on their way.
  mutating func forgetApproach() {
    guard let fastest = blocks.map(\.secondsOfCall).min() else { return }
    blocks.removeFirst(blocks.firstIndex { $0.secondsOfCall <= Self.arrival * fastest } ?? 0)
  }

  /// Seconds of a call in the blocks that count, and how many times as long as usual the core took beside them: 1 where it
  /// was as usual, nil where nothing tells.
  ///
  /// The undisturbed blocks count; all whole ones where those are too few to tell a median by, and the broken ones too
  /// where whole ones are fewer than `count`: long ones hardly ever escape.
  func samples(atLeast count: Int) -> (seconds: [Double], slowdown: Double?) {
    let undisturbed = undisturbedBlocks
    if undisturbed.count >= Self.leastBlocks {
      return (undisturbed.map(\.secondsOfCall), undisturbed.contains { $0.slowdown != nil } ? 1 : nil)
    }
    let whole = blocks.filter(\.isWhole)
    let counted = whole.count >= count ? whole : blocks
    let seconds = counted.map(\.secondsOfCall)
    guard var slowdown = SampleSummary(counted.compactMap(\.slowdown))?.median else { return (seconds, nil) }
    // A neighbour who came and went between two readings of the pace shows in the calls alone.
    if isSteady, let fastest = seconds.min(), let usual = SampleSummary(seconds)?.median {
      slowdown = max(slowdown, usual / fastest)
    }
    return (seconds, slowdown < CorePace.shared ? 1 : slowdown)
  }

  /// Undisturbed blocks that a median is told by if others were disturbed, and how many make waiting for more needless.
  private static let leastBlocks = 3
  private static let enoughBlocks = 4
}
