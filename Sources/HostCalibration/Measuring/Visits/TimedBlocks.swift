internal import GEMMTiming

/// The blocks of calls of a visit, and which of them count.
///
/// A block does not where the scheduler broke into it, where its core was shared, or where it took longer than a steady call
/// does, as long as enough others are left. Long ones were sampled, and count as they would be on a core of their own.
struct TimedBlocks {
  private var blocks: [Block] = []
  private let isAlone: Bool
  private let isSteady: Bool
  private let correction: SharingCorrection

  struct Block {
    /// As the clock said, or the thread's own time where something broke into it.
    var secondsOfCall: Double
    var seconds: Double
    var isWhole: Bool
    var readings = CoreReadings()

    var isUndisturbed: Bool { isWhole && !readings.areShared }
  }

  /// Blocks that there is room for from the start.
  private static let usualCount = 64
  /// How many times the fastest block's time a call takes at most whose operands have arrived.
  private static let arrival = 1.03
  /// How many times the fastest block's time a steady call takes at most.
  private static let steadiness = 1.1
  /// Undisturbed blocks that tell a time if all others were disturbed, and how many make waiting for more needless.
  ///
  /// A neighbour makes blocks a third longer and more, two that escaped it differ by a few percent.
  private static let leastBlocks = 2
  private static let enoughBlocks = 4

  /// No blocks yet.
  ///
  /// Of calls that one thread does alone, its time on its core and that core's readings tell all. A call is steady that one
  /// core does out of its own caches: only a disturbance makes it a tenth slower than it was a moment before.
  /// `correction` is that of calls of this size.
  init(isAlone: Bool, isSteady: Bool, correction: SharingCorrection = SharingCorrection()) {
    self.isAlone = isAlone
    self.isSteady = isSteady
    self.correction = correction
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

  /// Seconds of a call as on a core of its own.
  private func ownSeconds(_ block: Block) -> Double { block.secondsOfCall / block.readings.factor(by: correction) }

  /// Whether so many blocks were disturbed by others that too few are left to tell a median by.
  var lacksUndisturbed: Bool {
    let left = undisturbedBlocks.count
    return left < Self.enoughBlocks && left < blocks.count(where: \.isWhole)
  }

  /// Adds a block that was timed.
  mutating func add(_ block: Block) { blocks.append(block) }

  /// Forgets all blocks.
  mutating func removeAll() { blocks.removeAll(keepingCapacity: true) }

  /// Forgets the blocks before the first that is about as quick as the quickest: those in which operands were on their way.
  mutating func forgetApproach() {
    guard let fastest = blocks.map(ownSeconds).min() else { return }
    blocks.removeFirst(blocks.firstIndex { ownSeconds($0) <= Self.arrival * fastest } ?? 0)
  }

  /// The seconds of a call in the blocks that count, as on a core of its own where readings beside or within them tell.
  struct Samples {
    var seconds: [Double]
    /// How many times as long as usual the core took beside them: 1 where it was as usual or was sampled within them, nil
    /// where nothing tells.
    var slowdown: Double?
    /// How many times as long as `seconds` say the calls took, on average.
    var factor: Double
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
      factor: counted.isEmpty
        ? 1 : counted.reduce(0) { $0 + $1.readings.factor(by: correction) } / Double(counted.count))
  }

  private func slowdown(of counted: [Block], isClear: Bool) -> Double? {
    if counted.contains(where: \.readings.areWithin) { return 1 }
    // How the other threads' cores were, one's own does not tell.
    if isClear { return isAlone && counted.contains { $0.readings.slowdown != nil } ? 1 : nil }
    guard var slowdown = SampleSummary(counted.compactMap(\.readings.slowdown))?.median else { return nil }
    // A neighbour that came and went between two readings shows in the calls alone.
    if isSteady, let fastest = counted.map(ownSeconds).min(), let usual = SampleSummary(counted.map(ownSeconds))?.median
    {
      slowdown = max(slowdown, usual / fastest)
    }
    return slowdown >= CoreSlowdown.shared ? slowdown : isAlone ? 1 : nil
  }

  /// The calls from which the correction learns how their time follows the readings.
  var callsWithReadings: [SharingCorrection.Call] { blocks.compactMap { $0.readings.call(seconds: $0.secondsOfCall) } }
}
