internal import Foundation
internal import GEMMTiming

/// The blocks of calls that were timed, and what was amiss with each.
///
/// The scheduler broke into it, the core was not at its usual pace before or after it, or it took longer than a steady call
/// does. Long ones are watched, and told as they would have been on a core of their own.
struct TimedBlocks {
  private var blocks: [Block] = []
  private let isAlone: Bool
  private let clockCost: Double
  private let pace: CorePace?
  private let watch: PaceWatch?
  private let response: PaceResponse
  private let isSteady: Bool
  private let streams: Bool
  private var switchesBefore = Disturbance.involuntarySwitches()
  private var slowdownBefore: Double

  struct Block {
    /// As the clock said, or the thread's own time where something broke into it.
    var secondsOfCall: Double
    var seconds: Double
    var isWhole: Bool
    /// How many times as long as usual the core took beside the block; nil where that says little of the block.
    var slowdown: Double?
    /// The pace beside or within the block (``PaceResponse``); nil where it says little of the block.
    var pace: Double?
    /// Readings that the pace is the mean of; none where they differ, and it may have been any of them.
    var readings = 0
    /// Whether the readings are from within the block.
    var isWatched = false

    var isUndisturbed: Bool { isWhole && !isShared }
    var isShared: Bool { slowdown ?? 1 >= CorePace.shared }
  }

  /// Blocks that there is room for from the start.
  private static let usualCount = 64
  /// Seconds of a block beyond which the pace beside it says little of the pace within: of a core that was shared or not,
  /// half is so still after 10 ms, a third after 100. (After operands that stream, a core is slower by itself for a while.)
  private var longBlock: Double { streams ? 1e-3 : Self.longBlock }
  static let longBlock = 3e-2

  /// How many times the fastest block's time a call takes at most whose operands have arrived.
  private static let arrival = 1.03
  /// Readings of the pace before and after a block differ by no more where they say the same.
  static let agreement = 0.1
  /// How many times the fastest block's time a steady call takes at most.
  private static let steadiness = 1.1

  /// No blocks yet; `clockCost` is the seconds of a reading of the clock, which every block has one of in it.
  ///
  /// Of calls that one thread does alone, its time on its core and that core's pace tell all. A call is steady that one core
  /// does out of its own caches: nothing but a disturbance makes it a tenth slower than it was a moment before. One that
  /// `streams` brings most of its operands from afar. `response` says how calls of this size follow their core's pace.
  init(
    isAlone: Bool, clockCost: Double, pace: CorePace?, watch: PaceWatch? = nil, response: PaceResponse = PaceResponse(),
    isSteady: Bool, streams: Bool = false
  ) {
    self.isAlone = isAlone
    self.clockCost = clockCost
    self.pace = pace
    self.watch = streams ? nil : watch
    self.response = response
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
  var undisturbed: [Double] { undisturbedBlocks.map(ownSeconds) }

  private var undisturbedBlocks: [Block] {
    let own = blocks.filter(\.isUndisturbed)
    guard isSteady, let fastest = own.map(\.secondsOfCall).min() else { return own }
    return own.filter { $0.secondsOfCall <= Self.steadiness * fastest }
  }

  /// How many times as long as on a core of its own the block took.
  private func excess(_ block: Block) -> Double {
    guard let pace = block.pace, block.isWatched || block.isShared else { return 1 }
    return response.excess(pace)
  }

  /// Seconds of a call as on a core of its own.
  private func ownSeconds(_ block: Block) -> Double { block.secondsOfCall / excess(block) }

  /// Whether so many blocks were disturbed by others that too few are left to tell a median by.
  var lacksUndisturbed: Bool {
    let left = undisturbedBlocks.count
    return left < Self.enoughBlocks && left < blocks.count(where: \.isWhole)
  }

  /// Times a block of calls that will take about so many seconds; returns its seconds.
  mutating func time(_ count: Int, of calls: inout CallRunner, expecting seconds: Double = 0) -> Double {
    let watch = seconds >= PaceWatch.leastSeconds ? watch : nil
    watch?.begin()
    let threadBefore = MonotonicClock.threadTime()
    let block = max(calls.time(count) - clockCost, clockCost)
    let onCore = MonotonicClock.threadTime() - threadBefore
    let heard = watch?.end(on: response.scale)
    let switchesNow = Disturbance.involuntarySwitches()
    let isWhole = switchesNow - switchesBefore <= heard?.interruptions ?? 0
    let slowdown = pace?.slowdown() ?? 1
    defer { (slowdownBefore, switchesBefore) = (slowdown, switchesNow) }
    // One thread's time on its core leaves the neighbour's turn out; of several threads it says nothing.
    let isBroken = !isWhole || watch != nil
    let counted = isBroken && isAlone ? min(block, onCore) : max(block - (heard?.awake ?? 0), clockCost)
    var timed = Block(secondsOfCall: counted / Double(count), seconds: block, isWhole: isWhole)
    if let heard {
      (timed.pace, timed.readings, timed.isWatched) = (heard.pace, heard.readings, true)
      if block <= longBlock { timed.slowdown = response.scale.slowdown(heard.pace) }
    } else if let pace, block <= longBlock {
      timed.slowdown = max(slowdown, slowdownBefore)
      let (before, after) = (pace.pace(slowdownBefore, on: response.scale), pace.pace(slowdown, on: response.scale))
      if !streams { timed.pace = (before + after) / 2 }
      timed.readings = abs(before - after) <= Self.agreement ? 2 : 0
    }
    add(timed)
    return block
  }

  /// Whether the core of a thread that computes alone was shared when it was last looked at.
  var isShared: Bool { isAlone && !streams && slowdownBefore >= CorePace.shared }

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
    guard let fastest = blocks.map(ownSeconds).min() else { return }
    blocks.removeFirst(blocks.firstIndex { ownSeconds($0) <= Self.arrival * fastest } ?? 0)
  }

  /// The seconds of a call in the blocks that count, as on a core of its own where the pace beside or within them tells.
  struct Samples {
    var seconds: [Double]
    /// How many times as long as usual the core took beside them: 1 where it was as usual or was heard within them, nil
    /// where nothing tells.
    var slowdown: Double?
    /// How many times as long as `seconds` tell the calls took, on average.
    var excess: Double
  }

  /// The undisturbed blocks count; all whole ones where those are too few to tell a median by, and the broken ones too
  /// where whole ones are fewer than `count`: long ones hardly ever escape.
  func samples(atLeast count: Int) -> Samples {
    let undisturbed = undisturbedBlocks
    let whole = blocks.filter(\.isWhole)
    let isClear = undisturbed.count >= Self.leastBlocks
    let counted = isClear ? undisturbed : whole.count >= count ? whole : blocks
    return Samples(
      seconds: counted.map(ownSeconds), slowdown: slowdown(of: counted, isClear: isClear),
      excess: counted.isEmpty ? 1 : counted.reduce(0) { $0 + excess($1) } / Double(counted.count))
  }

  private func slowdown(of counted: [Block], isClear: Bool) -> Double? {
    if counted.contains(where: \.isWatched) { return 1 }
    // How the other threads' cores were, one's own does not tell.
    if isClear { return isAlone && counted.contains { $0.slowdown != nil } ? 1 : nil }
    guard var slowdown = SampleSummary(counted.compactMap(\.slowdown))?.median else { return nil }
    // A neighbour who came and went between two readings of the pace shows in the calls alone.
    if isSteady, let fastest = counted.map(ownSeconds).min(), let usual = SampleSummary(counted.map(ownSeconds))?.median
    {
      slowdown = max(slowdown, usual / fastest)
    }
    return slowdown >= CorePace.shared ? slowdown : isAlone ? 1 : nil
  }

  /// The calls that tell how their time follows the pace.
  var heard: [PaceResponse.Call] {
    blocks.compactMap { block in
      guard let pace = block.pace, block.readings > 0 else { return nil }
      return PaceResponse.Call(
        seconds: block.secondsOfCall, pace: pace, readings: block.readings, isWatched: block.isWatched)
    }
  }

  /// Undisturbed blocks that tell a time if all others were disturbed, and how many make waiting for more needless.
  ///
  /// A neighbour makes blocks a third longer and more, two that escaped him differ by a few percent.
  private static let leastBlocks = 2
  private static let enoughBlocks = 4
}
