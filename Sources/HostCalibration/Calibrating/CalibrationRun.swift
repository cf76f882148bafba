internal import GEMMTiming
internal import SeededRandom

/// A calibration under way: what is left to do, how much time each item gets, and what was found.
struct CalibrationRun {
  var plan: MeasurementPlan
  private(set) var book: TimingBook
  private(set) var source: MeasurerSource
  let clock: RunClock
  private let store: TableFile?
  let stop: StopFlag
  private var canaries: [Int: Canary] = [:]
  private var done = 0
  private var repeatedSeconds = 0.0
  /// Items whose visit found the core shared all along, by how much slower it was, and how often they were visited since.
  private var disturbed: [(item: WorkItem, slowdown: Double, tries: Int)] = []
  /// Seconds that an item's last visit took beside its samples: what comes before them.
  private var overheads: [WorkItem: Double] = [:]
  /// Rows settled since the file was last written anew, and when that was.
  private var settledRows: [Int] = []
  private var savedAt = MonotonicClock.now()

  /// An item entered beside the canary before it, the seconds it took, and whether its core's slowdown is known: the canary
  /// after it is still to come.
  private typealias Pending = (item: WorkItem, wallSeconds: Double, isCoreKnown: Bool)

  /// Seconds that a visit may always take for its samples: several of a short call's blocks, so that one that was
  /// disturbed does not count alone.
  private static let shortestSampling = 8e-4
  /// The share of its sampling that a visit keeps in the latest of runs; one to an item that leads keeps all.
  private static let mostShortened = 0.3
  /// Calls that a visit to a long one is meant to time: the middle of three is the median, whatever disturbed one.
  private static let leastCalls = 3.0
  /// The pass from which on the items known worst come first.
  private static let sortedPass = 2
  /// The share of the first pass over which what leads is spread: a third of it is measured in the worst minute.
  private static let leadingShare = 0.3
  /// Seconds below which a call counts as short.
  private static let shortCall = 1e-3
  /// Seconds between two writings of the whole file: a large table takes milliseconds.
  private static let savingInterval = 2.0
  /// The share of the budget that may go into measuring again.
  private static let repeatingShare = 0.1

  init(
    plan: MeasurementPlan, book: TimingBook, source: MeasurerSource, clock: RunClock, store: TableFile?,
    stop: StopFlag
  ) {
    self.plan = plan
    self.book = book
    self.source = source
    self.clock = clock
    self.store = store
    self.stop = stop
    done = plan.items.reduce(0) { $0 + min(plan.visits($1), book.passes($1)) }
  }

  /// Items of the plan that have not been measured once.
  var unfinishedCount: Int { plan.items.count { book.passes($0) == 0 } }

  /// Judges all visits by what is known of the undisturbed host at the end, and writes the table a last time.
  mutating func settle() throws(CalibrationError) {
    book.settle(undisturbed: canaries.compactMapValues(\.undisturbed))
    try store?.write(book.table)
  }

  /// Goes once through all items that have fewer than `pass` + 1 passes behind them, long calls a pass late.
  ///
  /// In shuffled order at first, but for those that lead; later those of the widest confidence interval come first, as
  /// time may not do for all.
  /// In the first pass each number of threads has its share of the budget: in a restless minute one pass of the first
  /// would else take all of it.
  mutating func measurePass(_ pass: Int, _ progress: (CalibrationProgress) -> Void) throws(CalibrationError) {
    let counts = plan.threadCounts
    for (index, threads) in counts.enumerated() {
      let items = plan.items.filter {
        let turn = min(pass > 0 && !isShort($0) ? pass - 1 : pass, plan.visits($0) - 1)
        return $0.threads == threads && book.passes($0) <= turn
      }
      var generator = SplitMix64(seed: plan.seed &+ UInt64(pass) &* 0x9E37 &+ UInt64(threads))
      var order = items.shuffled(using: &generator)
      if pass >= Self.sortedPass {
        order = order.map { ($0, book.spread($0)) }.sorted { $0.1 > $1.1 }.map(\.0)
      }
      order = pass > 0 ? order.filter(isShort) + order.filter { !isShort($0) } : leadingEarly(order)
      let share = (clock.budget - clock.elapsed) / Double(pass == 0 ? counts.count - index : 1)
      try measure(order, threads: threads, pass: pass, until: clock.elapsed + share, progress)
    }
  }

  /// The items that lead spread over the first of the others: early enough to be measured in the worst minute, and not all
  /// in one moment, whose state of the host would pass for its usual one.
  private func leadingEarly(_ order: [WorkItem]) -> [WorkItem] {
    let (leading, others) = (order.filter(plan.leading.contains), order.filter { !plan.leading.contains($0) })
    let step = max(1, Int(Self.leadingShare * Double(others.count)) / max(leading.count, 1))
    var spread: [WorkItem] = []
    var next = 0
    for item in leading {
      spread.append(item)
      let end = min(next + step, others.count)
      spread += others[next..<end]
      next = end
    }
    return spread + others[next...]
  }

  /// How many passes there are: a long call's last visit comes a pass after a short one's.
  ///
  /// A further visit says as much of a short call as of a long one, and dozens of the former cost one of the latter.
  var passCount: Int { plan.passes + 1 }

  private func isShort(_ item: WorkItem) -> Bool { (book.median(item) ?? 0) < Self.shortCall }

  /// Measures items of one number of threads, in order, until done, stopped or, by the run's clock, at `deadline`.
  mutating func measure(
    _ items: [WorkItem], threads: Int, pass: Int, until deadline: Double,
    _ progress: (CalibrationProgress) -> Void
  ) throws(CalibrationError) {
    guard !items.isEmpty, clock.elapsed < deadline else { return }
    let measurer = try source.measurer(threads: threads).measurer
    var canary: Canary
    if let known = canaries[threads] { canary = known } else { canary = try Canary(threads: threads) }
    defer {
      canaries[threads] = canary
      // The processes share what operands may take.
      measurer.trim(to: plan.memoryLimit / Double(plan.threadCounts.count))
    }
    // The first measurements of it wake the clocks; the first pass takes longer over them.
    var canarySeconds = 0.0
    for _ in 0..<(canary.undisturbed == nil ? 8 : 2) { canarySeconds = try canary.measure(with: measurer) }

    let total = plan.items.reduce(0) { $0 + plan.visits($1) }
    var left = remainingSeconds(canary)
    let (planned, began) = (left, clock.elapsed)
    var pending: [Pending] = []
    var pendingSince = MonotonicClock.now()
    do throws(CalibrationError) {
      for item in items {
        if stop.isRaised { throw .stopped }
        if clock.elapsed >= deadline { break }
        let least = leastSeconds(item, canary)
        // What has been done took longer than planned, say, for a neighbour's sake: so will what is left.
        let (behind, spent) = (planned - left, clock.elapsed - began)
        let delay = behind > 1 ? max(1, spent / behind) : 1
        let slack = (clock.budget - clock.elapsed) / max(left * delay, 1e-9)
        let shortened = plan.leading.contains(item) ? 1 : Self.mostShortened
        let timeLimit = max(least.sampling * min(max(slack, shortened), 4), Self.shortestSampling)
        let request = MeasurementRequest(
          item, stopping: plan.stopping, timeLimit: timeLimit,
          patience: Self.patience(isAlone: measurer.setting.isAlone(item)),
          checksResult: pass == 0)
        let result = try measurer.measure(request)
        try enter(item, result, beside: canarySeconds, of: canary)
        pending.append((item, result.wallSeconds, result.state.coreSlowdown != nil))
        if let slowdown = result.state.coreSlowdown, slowdown > 1 { disturbed.append((item, slowdown, 0)) }
        overheads[item] =
          result.wallSeconds - result.samples.reduce(0, +) * Double(result.callsPerSample)
        done += 1
        progress(.measured(item, done: done, of: total, pass: pass, elapsed: clock.elapsed, budget: clock.budget))
        left -= least.sampling + least.overhead
        if MonotonicClock.now() - pendingSince >= Canary.interval(threads: threads) {
          canarySeconds = try canary.measure(with: measurer)
          let unknown = pending.filter { !$0.isCoreKnown }
          if !unknown.isEmpty, canary.isSlow(canary.slowdown(canarySeconds)),
            repeatedSeconds < Self.repeatingShare * clock.budget
          {
            progress(.repeated(count: unknown.count, slowdown: canary.slowdown(canarySeconds)))
            canarySeconds = try measureAgain(unknown, with: measurer, &canary, canarySeconds: canarySeconds)
          }
          judge(&pending, by: canarySeconds, of: canary)
          if !canary.isSlow(canary.slowdown(canarySeconds)) {
            try visitDisturbed(with: measurer, beside: canarySeconds, of: canary)
          }
          if MonotonicClock.now() - savedAt >= Self.savingInterval { try saveSettled() }
          pendingSince = MonotonicClock.now()
        }
      }
      if !pending.isEmpty { canarySeconds = try canary.measure(with: measurer) }
    } catch {
      // What was measured before counts, with the last canary.
      judge(&pending, by: canarySeconds, of: canary)
      try saveSettled()
      throw error
    }
    judge(&pending, by: canarySeconds, of: canary)
    try visitDisturbed(with: measurer, beside: canarySeconds, of: canary)
    disturbed = []
    try saveSettled()
  }

  /// Enters a finished item, provisionally beside the last canary; an item new to the table is in the file then.
  private mutating func enter(
    _ item: WorkItem, _ result: Measurement, beside canarySeconds: Double, of canary: Canary
  ) throws(CalibrationError) {
    let row = book.add(item, result, canary: canarySeconds, undisturbed: canary.undisturbed)
    if let row { try store?.append(book.table, at: row) }
  }

  /// Settles the items entered since the last canary by the one measured now.
  private mutating func judge(_ pending: inout [Pending], by canarySeconds: Double, of canary: Canary) {
    settledRows += pending.compactMap { book.judge($0.item, canary: canarySeconds, undisturbed: canary.undisturbed) }
    pending = []
  }

  /// Brings the file's rows up to date with the book.
  private mutating func saveSettled() throws(CalibrationError) {
    guard !settledRows.isEmpty else { return }
    try store?.update(book.table, at: settledRows)
    settledRows = []
    savedAt = MonotonicClock.now()
  }

  /// Measures what a slow moment may have spoilt once more, and keeps the round beside the better canary.
  private mutating func measureAgain(
    _ pending: [Pending], with measurer: any Measurer, _ canary: inout Canary, canarySeconds: Double
  ) throws(CalibrationError) -> Double {
    let start = MonotonicClock.now()
    defer { repeatedSeconds += MonotonicClock.now() - start }
    var again: [(item: WorkItem, result: Measurement)] = []
    for (item, wallSeconds, _) in pending {
      let request = MeasurementRequest(
        item, stopping: plan.stopping, timeLimit: wallSeconds, checksResult: false)
      again.append((item, try measurer.measure(request)))
    }
    let second = try canary.measure(with: measurer)
    if second < canarySeconds {
      for (item, result) in again {
        _ = book.judge(item, again: result, canary: second, undisturbed: canary.undisturbed)
      }
    }
    return min(canarySeconds, second)
  }
}

// MARK: - Sharing a core

extension CalibrationRun {
  /// How often an item is visited again whose visits find the core shared.
  private static let mostTries = 2

  /// Seconds that a visit may wait for the core to be its own.
  ///
  /// Long enough for a quiet moment between a neighbour's bursts, and no longer: what is measured beside it is corrected. In
  /// a minute that was restless throughout, 20 ms of waiting left half of the shapes, and those no better. Several threads
  /// that share a product are bound to where they are, and only one of their cores is read between its calls.
  private static func patience(isAlone: Bool) -> Double { isAlone ? 5e-3 : 2e-3 }

  /// Visits items once more whose visit found the core shared all along, and keeps the visit that found it less so.
  private mutating func visitDisturbed(
    with measurer: any Measurer, beside canarySeconds: Double, of canary: Canary
  ) throws(CalibrationError) {
    let start = MonotonicClock.now()
    var left: [(item: WorkItem, slowdown: Double, tries: Int)] = []
    for (item, slowdown, tries) in disturbed {
      let spent = repeatedSeconds + MonotonicClock.now() - start
      guard spent < Self.repeatingShare * clock.budget, !clock.isOver, !stop.isRaised else { break }
      let sampling = leastSeconds(item, canary).sampling
      let request = MeasurementRequest(
        item, stopping: plan.stopping, timeLimit: sampling,
        patience: Self.patience(isAlone: measurer.setting.isAlone(item)),
        checksResult: false)
      let result = try measurer.measure(request)
      let found = result.state.coreSlowdown ?? 1
      if found < slowdown,
        let row = book.judge(item, again: result, canary: canarySeconds, undisturbed: canary.undisturbed)
      {
        settledRows.append(row)
      }
      if found > 1, tries + 1 < Self.mostTries {
        left.append((item, min(slowdown, found), tries + 1))
      }
    }
    disturbed = left
    repeatedSeconds += MonotonicClock.now() - start
  }
}

// MARK: - How long things take

extension CalibrationRun {
  /// The least seconds that an item takes in one pass: its samples, and what comes before them.
  private func leastSeconds(_ item: WorkItem, _ canary: Canary) -> (sampling: Double, overhead: Double) {
    // A generous guess before the first pass; then the median itself.
    let speed = canary.flopsPerSecond ?? 2e10
    let call = book.median(item) ?? (item.shape.flops / speed * 1.2 + item.operandBytes / 8e9 + 1e-6)
    return (max(Self.leastCalls * call, Self.shortestSampling), overheads[item] ?? (call + 5e-4))
  }

  /// The least seconds for all that is left, every thread count and pass.
  private func remainingSeconds(_ canary: Canary) -> Double {
    plan.items.reduce(0) { sum, item in
      let passes = plan.visits(item) - book.passes(item)
      guard passes > 0 else { return sum }
      let least = leastSeconds(item, canary)
      return sum + Double(passes) * (least.sampling + least.overhead)
    }
  }
}
