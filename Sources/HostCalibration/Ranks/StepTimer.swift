public import GEMMTiming

/// Times the steps of a round, round after round, and tells what each takes on a core of its own.
///
/// The core's pace is heard between steps, and within those of 4 ms and more (``PaceWatch``). How a step's time follows
/// the pace is learnt from its own rounds (``PaceResponse``), as in a calibration: both then tell times of one kind.
public final class StepTimer {
  private let steps: [Step]
  private let binding: CoreBinding?
  /// Which steps bring most of their operands from afar, and leave the core slower by itself for a while.
  private let streams: [Bool]
  private let clockCost: Double
  private var current: [StepRounds.Timed]
  private var rounds: StepRounds
  private var switchesBefore = 0
  /// How often a watch broke into this round's steps: for each reading, and once more to find that it is over.
  private var watches = 0
  private var slowdownBefore: Double? = 1

  /// Rounds that are kept at most: more tell a median no better.
  private static let mostRounds = 20_000

  /// A timer of so many steps on the cores of a rank; without them, no pace is heard.
  public init(_ steps: [Step], binding: CoreBinding?) {
    self.steps = steps
    self.binding = binding
    streams = steps.map { step in
      binding.map { OperandPlace.streams(bytes: step.bytes, flops: step.flops, beside: $0.caches) } ?? false
    }
    clockCost = MonotonicClock.cost()
    current = steps.map { _ in StepRounds.Timed() }
    rounds = StepRounds(steps)
  }

  /// Whether it keeps no more rounds.
  public var isFull: Bool { rounds.count >= Self.mostRounds }

  /// How many rounds are kept.
  public var count: Int { rounds.count }

  /// Begins a round.
  public func begin() {
    slowdownBefore = binding?.slowdown() ?? 1
    switchesBefore = Disturbance.involuntarySwitches()
    watches = 0
  }

  /// Times one step.
  public func time(_ index: Int, _ body: () -> Void) {
    let step = steps[index]
    let followsPace = !step.waits && !streams[index]
    let watch = followsPace && current[index].seconds >= PaceWatch.leastSeconds ? binding?.watch : nil
    watch?.begin()
    let start = MonotonicClock.now()
    body()
    let seconds = MonotonicClock.now() - start - clockCost
    var timed = StepRounds.Timed(seconds: max(seconds, 0))
    let heard = watch?.end(on: step.scale)
    let slowdown = binding?.slowdown() ?? 1
    if let heard {
      (timed.pace, timed.readings, timed.isWatched) = (heard.pace, heard.readings, true)
      timed.seconds = max(timed.seconds - heard.awake, 0)
      watches += heard.interruptions + heard.cores
    } else if followsPace, timed.seconds <= TimedBlocks.longBlock, let binding {
      let beside = [slowdownBefore, slowdown].compactMap(\.self)
      let paces = beside.map { binding.pace($0, on: step.scale) }
      timed.pace = paces.reduce(0, +) / Double(paces.count)
      timed.isShared = beside.contains { $0 >= CorePace.shared }
      timed.readings = abs((paces.first ?? 0) - (paces.last ?? 0)) <= TimedBlocks.agreement ? 2 : 0
    }
    current[index] = timed
    slowdownBefore = streams[index] ? nil : slowdown
  }

  /// Ends a round, and keeps its times where it counts.
  public func end(counts: Bool) {
    guard counts, !isFull else { return }
    rounds.add(current, isWhole: Disturbance.involuntarySwitches() - switchesBefore <= watches)
  }

  /// What the rounds that count came to: O(steps · rounds).
  public func times() -> StepRounds.Times { rounds.times() }
}

extension StepTimer {
  /// What a step does, as far as its time depends on the core's pace.
  public struct Step: Sendable {
    let flops, bytes: Double
    /// Whether several threads share it.
    let isShared: Bool
    /// Whether it waits for other processes, whose cores are heard by themselves.
    let waits: Bool

    /// A product of so many threads, its operands in memory.
    public static func product(_ shape: GEMMShape, threads: Int) -> Step {
      Step(flops: shape.flops, bytes: 4 * shape.elements, isShared: threads > 1, waits: false)
    }

    /// A pass of the calling thread over memory: as a pass's row has it, two operations an element.
    public static func pass(_ traffic: MemoryTraffic) -> Step {
      Step(flops: traffic.written / 2, bytes: traffic.bytes, isShared: false, waits: false)
    }

    /// A step that waits for other processes.
    public static let exchange = Step(flops: 0, bytes: 0, isShared: false, waits: true)

    var scale: PaceScale { isShared ? .shared : .alone }
  }
}
