internal import GEMMTiming

/// The blocks of calls that were timed, and what was amiss with each: the scheduler broke into it, the core was not at its
/// usual pace before or after it, or it took longer than a steady call does.
struct TimedBlocks {
  private var blocks: [Block] = []
  private let threads: Int
  private let clockCost: Double
  private let pace: CorePace?
  private let isSteady: Bool
  private let streams: Bool
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
  /// Seconds of a block beyond which the pace beside it says little of the pace within: of a core that was shared or not,
  /// half is so still after 10 ms, a third after 100. (After operands that stream, a core is slower by itself for a while.)
  private var longBlock: Double { streams ? 1e-3 : 3e-2 }

  /// How many times the fastest block's time a call takes at most whose operands have arrived.
  private static let arrival = 1.03
  /// How many times the fastest block's time a steady call takes at most.
  private static let steadiness = 1.1

  /// No blocks yet; `clockCost` is the seconds of a reading of the clock, which every block has one of in it.
  ///
  /// A call is steady that one core does out of its own caches: nothing but a disturbance makes it a tenth slower than it
  /// was a moment before.
  /// One that `streams` brings most of its operands from afar.
  init(threads: Int, clockCost: Double, pace: CorePace?, isSteady: Bool, streams: Bool = false) {
    self.threads = threads
    self.clockCost = clockCost
    self.pace = pace
    self.isSteady = isSteady
    self.streams = streams
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
        slowdown: pace == nil || block > longBlock ? nil : max(slowdown, slowdownBefore)))
    slowdownBefore = slowdown
    switchesBefore = switchesNow
    return block
  }

  /// Whether the core was shared when it was last looked at.
  var isShared: Bool { !streams && slowdownBefore >= CorePace.shared }

  /// Adds a block that was timed.
  mutating func add(_ block: Block) { blocks.append(block) }

  /// Forgets all blocks.
  mutating func restart() {
    blocks.removeAll(keepingCapacity: true)
    resume()
  }

  /// Goes on after calls that were not timed.
  mutating func resume() {
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
      // How the other threads' cores were, one's own does not tell.
      let isTold = threads == 1 && undisturbed.contains { $0.slowdown != nil }
      return (undisturbed.map(\.secondsOfCall), isTold ? 1 : nil)
    }
    let whole = blocks.filter(\.isWhole)
    let counted = whole.count >= count ? whole : blocks
    let seconds = counted.map(\.secondsOfCall)
    guard var slowdown = SampleSummary(counted.compactMap(\.slowdown))?.median else { return (seconds, nil) }
    // A neighbour who came and went between two readings of the pace shows in the calls alone.
    if isSteady, let fastest = seconds.min(), let usual = SampleSummary(seconds)?.median {
      slowdown = max(slowdown, usual / fastest)
    }
    return (seconds, slowdown >= CorePace.shared ? slowdown : threads == 1 ? 1 : nil)
  }

  /// Undisturbed blocks that tell a time if all others were disturbed, and how many make waiting for more needless.
  ///
  /// A neighbour makes blocks a third longer and more, two that escaped him differ by a few percent.
  private static let leastBlocks = 2
  private static let enoughBlocks = 4
}
