public import GEMMTiming

/// Times the steps of a round, round after round, and corrects each for a core that other work shares.
///
/// The core's slowdown is read between steps, and within those of 4 ms and more (``InCallSlowdown``). How a step's time
/// follows it is learnt from its own rounds (``SharingCorrection``), as in a calibration: both give times of one kind.
public final class StepTimer {
  private let steps: [Step]
  private let cores: BoundCores?
  /// Which steps bring most of their operands from afar, and leave the core slower by itself for a while.
  private let streams: [Bool]
  private let clockCost: Double
  private var current: [StepRounds.Timed]
  private var rounds: StepRounds
  private var switchesBefore = 0
  /// How often samplers broke into this round's steps: for each reading, and once more to find that it is over.
  private var interruptions = 0
  private var slowdownBefore: Double? = 1

  /// Rounds that are kept at most: more tell a median no better.
  private static let mostRounds = 20_000

  /// A timer of so many steps on the cores of a rank; without them, nothing is corrected.
  public init(_ steps: [Step], cores: BoundCores?) {
    self.steps = steps
    self.cores = cores
    streams = steps.map { step in
      cores.map { OperandPlace.streams(bytes: step.bytes, flops: step.flops, beside: $0.caches) } ?? false
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
    slowdownBefore = cores?.slowdown.now() ?? 1
    switchesBefore = Disturbance.involuntarySwitches()
    interruptions = 0
  }

  /// Times one step.
  public func time(_ index: Int, _ body: () -> Void) {
    let step = steps[index]
    let isCorrected = !step.waits && !streams[index]
    let sampler = isCorrected && current[index].seconds >= InCallSlowdown.leastSeconds ? cores?.sampler : nil
    sampler?.begin()
    let start = MonotonicClock.now()
    body()
    let seconds = MonotonicClock.now() - start - clockCost
    let within = sampler?.end(on: step.scale)
    let slowdown = cores?.slowdown.now() ?? 1
    var timed = StepRounds.Timed(seconds: max(seconds - (within?.awake ?? 0), 0))
    if let within {
      timed.readings = CoreReadings(within: within, of: timed.seconds, on: step.scale)
      interruptions += within.interruptions + within.cores
    } else if isCorrected, let cores {
      timed.readings = CoreReadings(
        before: slowdownBefore, after: slowdown, of: timed.seconds, streams: false, core: cores.slowdown, on: step.scale
      )
    }
    current[index] = timed
    slowdownBefore = streams[index] ? nil : slowdown
  }

  /// Ends a round, and keeps its times where it counts.
  public func end(counts: Bool) {
    guard counts, !isFull else { return }
    rounds.add(current, isWhole: Disturbance.involuntarySwitches() - switchesBefore <= interruptions)
  }

  /// What the rounds that count came to: O(steps · rounds).
  public func times() -> StepRounds.Times { rounds.times() }
}

extension StepTimer {
  /// What a step does, as far as its time depends on how much its core is shared.
  public struct Step: Sendable {
    let flops, bytes: Double
    /// Whether several threads share it.
    let isShared: Bool
    /// Whether it waits for other processes, which read their own cores.
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

    var scale: SharingScale { isShared ? .shared : .alone }
  }
}
