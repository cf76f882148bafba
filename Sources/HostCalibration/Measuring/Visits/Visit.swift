internal import GEMMTiming

/// One visit to an item: a first call, calls that make the core and its caches ready, then blocks of calls until the median
/// is known or the time is up.
struct Visit<Timer: BlockTiming> {
  var timer: Timer
  private(set) var blocks: TimedBlocks
  /// Calls in a block.
  private(set) var callsPerBlock = 1
  private let request: MeasurementRequest
  private let place: OperandPlace
  private let core: QuietCore
  private let shortestBlock: Double
  /// Seconds of the first call, and of a call as far as it is known.
  private var first = 0.0
  private var estimate: Double

  /// A visit whose calls `timer` times in blocks of `shortestBlock` seconds and more; `blocks` decides which count.
  init(
    _ request: MeasurementRequest, timer: Timer, blocks: TimedBlocks, place: OperandPlace, core: QuietCore,
    shortestBlock: Double
  ) {
    self.request = request
    self.timer = timer
    self.blocks = blocks
    self.place = place
    self.core = core
    self.shortestBlock = shortestBlock
    estimate = request.item.shape.flops / (VisitLimit.coreCeiling * Double(request.item.threads))
  }

  /// Times the first call, which loads pages, code and, when hot, the operands.
  mutating func begin() {
    first = time(1)
    estimate = first
  }

  /// Makes the core and the caches ready, and says how long a block is.
  mutating func prepare() {
    warmUp(first)
    let isIndifferent = place.isReused && first >= VisitLimit.longCall
    let settles = place.isFar && !isIndifferent
    if settles { settle() }
    callsPerBlock = max(1, Int(min((shortestBlock / max(estimate, 1e-9)).rounded(.up), 1e8)))
    // What was timed so far counts where a call is a block and was like those to come: settled, too long to feel where its
    // operands come from, or with operands that no cache holds, which are as far away in the first call as in all others.
    let isOutside = place.isOutside && first >= shortestBlock
    let counts = callsPerBlock == 1 && (settles || isIndifferent || isOutside)
    if counts {
      blocks.forgetApproach()
    } else {
      blocks.removeAll()
      timer.resume()
    }
  }

  /// Times blocks until the median is known or the time is up.
  mutating func sample() {
    var visitEnd = VisitEnd(
      rule: request.stopping, deadline: timer.now + request.timeLimit - blocks.seconds, patience: request.patience)
    while !visitEnd.hasCome(blocks, now: timer.now) {
      leaveSharedCore()
      _ = time(callsPerBlock)
    }
  }

  /// Times a block; returns its seconds.
  private mutating func time(_ count: Int) -> Double {
    let block = timer.time(count, expecting: estimate * Double(count))
    blocks.add(block)
    return block.seconds
  }

  /// Calls until a core is awake and its caches are full, `warm` seconds of which are past.
  private mutating func warmUp(_ warm: Double) {
    var warm = warm
    while warm < (place.fillsCaches ? VisitLimit.warmUp : VisitLimit.wakeUp), first < request.timeLimit / 2 {
      let count = max(1, Int(min(shortestBlock / 4 / max(estimate, 1e-9), 1e7)))
      let spent = timer.call(count)
      estimate = spent / Double(count)
      warm += spent
    }
  }

  /// Calls until the time falls no more.
  ///
  /// A last-level cache that takes what the one before it drops holds operands only after several passes over them: on a
  /// Zen 4 core, (5339, 640, 1) takes 1432, 1271, 1162 … 772 µs in sixteen calls after others' operands, a product of
  /// 512 in each dimension is there with the second.
  private mutating func settle() {
    let end = timer.now + max(request.timeLimit, Double(VisitLimit.mostSettlingCalls) * estimate)
    var fastest = estimate
    var calm = 0
    for _ in 0..<VisitLimit.mostSettlingCalls where calm < VisitLimit.settledCalls && timer.now < end {
      leaveSharedCore(warmsUp: false)
      estimate = time(1)
      calm = estimate > 0.98 * fastest ? calm + 1 : 0
      fastest = min(fastest, estimate)
    }
  }

  /// Looks for another core where the one that blocks are timed on is shared, and makes a new one ready.
  private mutating func leaveSharedCore(warmsUp: Bool = true) {
    guard timer.isCoreShared else { return }
    switch core.seek() {
    case .stayed: return
    case .returned: break
    case .moved: if warmsUp, estimate < VisitLimit.longCall { warmUp(0) }
    }
    timer.resume()
  }
}

/// The limits of a visit's steps.
private enum VisitLimit {
  /// Seconds until a core that had nothing to do runs wide vector instructions at its usual clock.
  static let wakeUp = 3e-4
  /// Seconds of calls until a second-level cache holds what operands beyond the first need of it: on a Sapphire Rapids
  /// core, products of 0.1 to 1 MB take 1 to 3 % longer in the first millisecond than in later ones.
  static let warmUp = 1e-3
  /// Calls one after the other that are no faster than those before them, after which operands count as settled.
  static let settledCalls = 2
  /// Calls after which operands count as settled, whatever they took.
  static let mostSettlingCalls = 12
  /// Seconds from which a call's time no longer depends on what was done before it.
  static let longCall = 1e-2
  /// Flops a second that no core reaches: a call that takes long all the same is sampled before anything is known of it.
  static let coreCeiling = 2e11
}
