internal import Foundation
public import GEMMTiming

extension MeasurementPlan {
  /// A plan that covers the space of shapes within a preset's time.
  ///
  /// Most shapes fill the space from 1 to 8192 in each dimension evenly on a logarithmic scale; some stand where the
  /// time bends: few rows (decoding), multiples of register and cache tiles and their neighbours, the volumes at which
  /// OpenBLAS changes its way (262,144 and 1,000,000), large and tall ones for the asymptote; some are as layers of models
  /// have them, measured with weights from memory and stored either way besides. A part is measured with cold caches too.
  /// Passes over rows of each kind that a layer has tell what those take. Copies and sums of vectors inside each cache
  /// level and beyond the last give the bandwidths. What the time grows like beyond the measured range is told by these
  /// and by products whose operands leave the caches: they come early.
  ///
  /// - Parameters:
  ///   - preset: how much time there is.
  ///   - topology: the caches' sizes, the cores and the memory.
  ///   - threads: the numbers of threads to measure with; the budget is shared among them.
  ///   - budget: seconds in all, instead of the preset's.
  ///   - memoryLimit: bytes for operands; half of the usable memory unless given.
  ///   - seed: decides shapes and order.
  ///   - products: what is measured besides, early, with each number of threads.
  /// - Returns: the same plan for the same arguments.
  /// - Throws: ``CalibrationError`` for no threads, more than can run, a budget or limit that is not positive.
  public static func preset(
    _ preset: Preset, topology: HostTopology, threads: [Int], budget: Double? = nil, memoryLimit: Double? = nil,
    seed: UInt64 = 1, including products: [ShapeList.Item] = []
  ) throws(CalibrationError) -> MeasurementPlan {
    let frame = try PlanFrame(
      preset, topology: topology, threads: threads, budget: budget, memoryLimit: memoryLimit)
    let share = max(1, frame.budget - 3) / Double(frame.threads.count)
    let generator = ShapeGenerator(
      count: shapeCount(seconds: share), flopsCap: ShapeGenerator.flopsCap(seconds: share),
      memoryLimit: frame.memoryLimit, seed: seed)
    let shapes = generator.shapes()
    var items: [WorkItem] = []
    var leading: Set<WorkItem> = []
    for count in frame.threads {
      items += shapes.map { WorkItem($0, threads: count) }
      items += generator.coldShapes(among: shapes).map { WorkItem($0, threads: count, cache: .cold) }
      items += layerItems(generator.layers(generator.layerCount), threads: count)
      let known = Set(items)
      let asked = products.map { WorkItem($0, threads: count) }
        .filter { $0.operandBytes <= frame.memoryLimit && !known.contains($0) }
      items += asked
      leading.formUnion(asked)
      let streams = bandwidthItems(topology: topology, threads: count, memoryLimit: frame.memoryLimit)
      let passes = passItems(threads: count, memoryLimit: frame.memoryLimit)
      items += streams + passes
      // Passes are few, and of each kind there must be enough to tell its costs.
      leading.formUnion(streams + passes + generator.streaming().map { WorkItem($0, threads: count) })
    }
    return MeasurementPlan(
      items: items, passes: frame.passes, budget: frame.budget, memoryLimit: frame.memoryLimit, seed: seed,
      stopping: frame.stopping, leading: leading, candidates: generator.candidates(besides: Set(shapes)))
  }

  /// A plan of the user's own shapes, each measured with each number of threads, hot and as A·B unless it says otherwise.
  ///
  /// - Parameters: as in ``preset(_:topology:threads:budget:memoryLimit:seed:)``; the preset gives the time.
  /// - Throws: ``CalibrationError/overMemory(_:bytes:limit:)`` for a shape that does not fit.
  public static func shapes(
    _ shapes: [ShapeList.Item], preset: Preset, topology: HostTopology, threads: [Int], budget: Double? = nil,
    memoryLimit: Double? = nil, seed: UInt64 = 1
  ) throws(CalibrationError) -> MeasurementPlan {
    let frame = try PlanFrame(
      preset, topology: topology, threads: threads, budget: budget, memoryLimit: memoryLimit)
    var seen: Set<WorkItem> = []
    var items: [WorkItem] = []
    for count in frame.threads {
      for shape in shapes {
        let item = WorkItem(shape, threads: count)
        guard item.operandBytes <= frame.memoryLimit else {
          throw .overMemory(shape.shape, bytes: item.operandBytes, limit: frame.memoryLimit)
        }
        if seen.insert(item).inserted { items.append(item) }
      }
    }
    guard !items.isEmpty else { throw .badPlan("there are no shapes to measure; give at least one") }
    return MeasurementPlan(
      items: items, passes: frame.passes, budget: frame.budget, memoryLimit: frame.memoryLimit, seed: seed,
      stopping: frame.stopping)
  }

  /// Products of layers as a step meets them: with weights that no cache holds, stored as [in, out] and as [out, in]; every
  /// other one called again and again with [out, in], and every third as the gradient of a weight is computed.
  private static func layerItems(_ layers: [GEMMShape], threads: Int) -> [WorkItem] {
    var seen: Set<GEMMShape> = []
    return layers.filter { seen.insert($0).inserted }.enumerated().flatMap { index, shape in
      var items = [
        WorkItem(shape, threads: threads, cache: .sequence),
        WorkItem(shape, threads: threads, cache: .sequence, layout: .nt),
      ]
      if index.isMultiple(of: 2) { items.append(WorkItem(shape, threads: threads, layout: .nt)) }
      if index.isMultiple(of: 3) { items.append(WorkItem(shape, threads: threads, layout: .tn)) }
      return items
    }
  }

  /// Passes over rows of one token to a long prompt, of the widths that each kind has in models.
  private static func passItems(threads: Int, memoryLimit: Double) -> [WorkItem] {
    let widths: [(TimingRow.Routine, [Int])] = [
      (.layerNorm, [768, 2048]), (.rmsNorm, [896, 4096]), (.softmax, [64, 256, 1024]), (.gelu, [3072, 8192]),
      (.swiglu, [4864, 14_336]), (.rotary, [128, 2048]), (.residual, [768, 4096]),
    ]
    return widths.flatMap { routine, widths in
      widths.flatMap { width in
        passRows.compactMap { rows in
          guard let shape = try? GEMMShape(m: rows, k: 1, n: width) else { return nil }
          let item = WorkItem(shape, routine: routine, threads: threads)
          return item.operandBytes <= memoryLimit ? item : nil
        }
      }
    }
  }

  private static let passRows = [1, 12, 128, 1024]

  /// How many shapes a quiet run of so many seconds holds: it needs five until operands for cold items are there and clocks
  /// are up, and measures some in them.
  private static func shapeCount(seconds: Double) -> Int {
    Int(min(max((seconds - 5) * 205, seconds * 60, 48), 20000))
  }

  /// Bytes up to which a second stream beyond the last cache is worth its time.
  private static let longestStream = 5e8

  /// From one cache to the next, streams are so many times as long at most: how soon a large one lets go of operands that
  /// others' too lie in decides what products beyond the measured ones take.
  private static let streamStep = 2.5

  /// Copies and sums that fill half of each data cache, sizes between those of the larger ones, three times the last cache,
  /// and eight times it where that is not too long.
  private static func bandwidthItems(topology: HostTopology, threads: Int, memoryLimit: Double) -> [WorkItem] {
    var totals: [Double] = []
    for cache in topology.caches where cache.kind != .instruction {
      // A cache that each core has for itself holds as many times more.
      let instances = max(1, min(threads, cache.count))
      totals += [0.25, 0.6].map { $0 * Double(cache.size) * Double(instances) }
    }
    let last = Double(topology.lastLevelCache?.size ?? 32 << 20)
    let far = 0.25 * last
    if let near = totals.filter({ $0 > 0 && $0 < far }).max() {
      let steps = Int(min((log(far / near) / log(streamStep)).rounded(.up), 16))
      totals += (1..<max(steps, 1)).map { near * pow(far / near, Double($0) / Double(steps)) }
    }
    totals += 8 * last <= longestStream ? [3 * last, 8 * last] : [3 * last]
    return totals.filter { $0 <= memoryLimit }.flatMap { total -> [WorkItem] in
      // Two vectors of fp32.
      guard let shape = try? GEMMShape(m: max(1, Int(total / 8)), k: 1, n: 1) else { return [] }
      return [
        WorkItem(shape, routine: .copy, threads: threads), WorkItem(shape, routine: .axpy, threads: threads),
      ]
    }
  }
}

/// What all plans have: time, memory, threads and passes, checked.
private struct PlanFrame {
  let budget: Double
  let memoryLimit: Double
  let threads: [Int]
  let passes: Int
  let stopping: StopRule

  init(
    _ preset: MeasurementPlan.Preset, topology: HostTopology, threads: [Int], budget: Double?, memoryLimit: Double?
  ) throws(CalibrationError) {
    guard !threads.isEmpty else { throw .badPlan("no number of threads is given; 1 or all is expected") }
    for count in threads {
      guard count >= 1 else { throw .badPlan("\(count) threads were asked for; 1 or more is expected") }
      try topology.require(threads: count)
    }
    self.threads = Set(threads).sorted()
    self.budget = budget ?? preset.budget
    guard self.budget > 0, self.budget.isFinite else {
      throw .badPlan("a budget of \(self.budget) s was given; a positive number of seconds is expected")
    }
    self.memoryLimit = memoryLimit ?? 0.5 * Double(topology.usableMemory ?? 4 << 30)
    guard self.memoryLimit > 0, self.memoryLimit.isFinite else {
      throw .badPlan("a memory limit of \(self.memoryLimit) bytes was given; a positive number is expected")
    }
    // A neighbour's load comes in bursts that outlast one visit to a short shape: many short visits see around them.
    // Ten samples and more over all passes.
    passes = preset == .quick ? 4 : 6
    stopping = StopRule(minimumSamples: 5, maximumSamples: preset == .thorough ? 24 : 12)
  }
}
