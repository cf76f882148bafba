internal import GEMMTiming

/// What a visit asks of the machine: calls, timed block by block.
protocol BlockTiming {
  /// Seconds since some fixed moment.
  var now: Double { get }
  /// Whether the core of a thread that computes alone was shared when it was last looked at.
  var isCoreShared: Bool { get }
  /// Seconds of so many calls that do not count.
  mutating func call(_ count: Int) -> Double
  /// Times a block of calls that will take about so many seconds.
  mutating func time(_ count: Int, expecting seconds: Double) -> TimedBlocks.Block
  /// Goes on after calls that were not timed.
  mutating func resume()
}

/// Times one block of calls after the other, and reads beside or within each how much its core is shared.
struct BlockTimer: BlockTiming {
  var calls: CallRunner
  private let isAlone: Bool
  private let streams: Bool
  private let scale: SharingScale
  private let slowdown: CoreSlowdown
  private let sampler: InCallSlowdown?
  private let clockCost: Double
  private var switchesBefore = Disturbance.involuntarySwitches()
  private var slowdownBefore: Double

  /// Times calls that one thread does alone or several share, on some cores.
  ///
  /// Calls that stream bring most of their operands from afar. `clockCost` is the seconds of a reading of the clock, of which
  /// every block has one in it.
  init(
    _ calls: CallRunner, isAlone: Bool, streams: Bool, scale: SharingScale, slowdown: CoreSlowdown,
    sampler: InCallSlowdown?, clockCost: Double
  ) {
    self.calls = calls
    self.isAlone = isAlone
    self.streams = streams
    self.scale = scale
    self.slowdown = slowdown
    self.sampler = streams ? nil : sampler
    self.clockCost = clockCost
    slowdownBefore = slowdown.now()
  }

  var now: Double { MonotonicClock.now() }

  var isCoreShared: Bool { isAlone && !streams && slowdownBefore >= CoreSlowdown.shared }

  mutating func call(_ count: Int) -> Double { calls.time(count) }

  mutating func time(_ count: Int, expecting seconds: Double) -> TimedBlocks.Block {
    let sampler = seconds >= InCallSlowdown.leastSeconds ? sampler : nil
    sampler?.begin()
    let threadBefore = MonotonicClock.threadTime()
    let block = max(calls.time(count) - clockCost, clockCost)
    let onCore = MonotonicClock.threadTime() - threadBefore
    let within = sampler?.end(on: scale)
    let switchesNow = Disturbance.involuntarySwitches()
    let isWhole = switchesNow - switchesBefore <= within?.interruptions ?? 0
    let slowdownNow = slowdown.now()
    defer { (slowdownBefore, switchesBefore) = (slowdownNow, switchesNow) }
    // One thread's time on its core leaves the others' turn out; of several threads it says nothing.
    let isBroken = !isWhole || sampler != nil
    let counted = isBroken && isAlone ? min(block, onCore) : max(block - (within?.awake ?? 0), clockCost)
    let readings =
      within.map { CoreReadings(within: $0, of: block, on: scale) }
      ?? CoreReadings(
        before: slowdownBefore, after: slowdownNow, of: block, streams: streams, core: slowdown, on: scale)
    return TimedBlocks.Block(
      secondsOfCall: counted / Double(count), seconds: block, isWhole: isWhole, readings: readings)
  }

  mutating func resume() {
    slowdownBefore = slowdown.now()
    switchesBefore = Disturbance.involuntarySwitches()
  }
}
