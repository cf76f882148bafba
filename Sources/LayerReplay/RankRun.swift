internal import HostCalibration
internal import TransformerModels

/// One rank's layers in memory, and passes over them.
final class RankRun {
  let engine: LayerEngine
  private let weights: [LayerWeights]
  /// The weights and buffers, which live as long as this.
  private let memories: [FloatMemory]
  private let barrier: RankBarrier?
  private let request: ReplayRequest
  private let timer: StepTimer
  /// Passes that count.
  private(set) var passes = 0

  /// Allocates and fills what a request needs.
  ///
  /// - Parameters:
  ///   - request: what to run.
  ///   - region: the memory that ranks share, where there are several.
  ///   - cores: the rank's cores; nil where nobody bound them.
  /// - Throws: ``ReplayError``.
  init(_ request: ReplayRequest, region: SharedRegion?, cores: BoundCores? = nil) throws(ReplayError) {
    self.request = request
    let layer = try request.layer().graph
    let sizes = try RankSizes(request, layer: layer)
    let pieces = Array(repeating: LayerWeights.pieces(sizes), count: request.layers).flatMap(\.self)
    guard let matrices = FloatMemory(pieces: pieces), let vectors = FloatMemory(pieces: Activations.pieces(sizes)),
      let buffers = Activations(sizes, seed: request.seed, memory: vectors)
    else { throw try Self.shortage(request) }
    memories = [matrices, vectors]
    let filled = (0..<request.layers).compactMap {
      LayerWeights(sizes, layer: $0, seed: request.seed, stored: request.weights, memory: matrices)
    }
    guard filled.count == request.layers else { throw try Self.shortage(request) }
    weights = filled
    barrier = region.map { RankBarrier($0, rank: request.rank, ranks: request.tp) }
    var exchange: SumExchange?
    if let region, let barrier {
      exchange = SumExchange(
        region, barrier: barrier, rank: request.rank, ranks: request.tp, floats: sizes.tokens * sizes.hidden)
    }
    engine = try LayerEngine(request, layer: layer, sizes: sizes, buffers: buffers, exchange: exchange)
    timer = StepTimer(engine.steps.map(\.timing), cores: cores)
  }

  private static func shortage(_ request: ReplayRequest) throws(ReplayError) -> ReplayError {
    let need = try MemoryNeed(request)
    return .memory(
      MemoryShortage(
        layers: request.layers, ranks: request.tp, weights: need.bytes(layers: request.layers) - need.activations,
        activations: need.activations, limit: 0, isOfOption: false, fitting: 0))
  }

  /// Passes over the layers until the time is up, the first of which warms up and does not count.
  ///
  /// - Parameters:
  ///   - prepare: called before each pass, untimed.
  ///   - report: called after each pass with the seconds so far.
  /// - Returns: false where the group came to its end.
  func measure(prepare: () -> Void, report: (Double) -> Void) -> Bool {
    let start = MonotonicClock.now()
    var last = 0.0
    var isWarm = false
    while true {
      let elapsed = MonotonicClock.now() - start
      let isOver = passes >= 1 && (elapsed + last > request.budget || passes >= request.passes || timer.isFull)
      prepare()
      // All ranks do as many passes as the first one has time for.
      guard let goesOn = barrier.map({ $0.agree(isOver ? 0 : 1) }) ?? (isOver ? 0 : 1) else { return false }
      if goesOn == 0 { return true }
      let begin = MonotonicClock.now()
      guard pass(counts: isWarm) else { return false }
      last = MonotonicClock.now() - begin
      if isWarm { report(MonotonicClock.now() - start) }
      isWarm = true
    }
  }

  /// One pass over all layers; false where the group came to its end.
  func pass(counts: Bool) -> Bool {
    engine.begin()
    for layer in weights {
      engine.run(layer, timer: timer)
      if engine.isAbandoned { return false }
      timer.end(counts: counts)
    }
    if counts { passes += 1 }
    return true
  }

  /// What was measured so far; nil before the first pass that counts.
  func result(hardwareThreads: [Int]) -> RankMessage.Result? {
    let times = timer.times()
    let operations = times.steps.compactMap(ReplayMeasurement.Times.init)
    guard operations.count == engine.steps.count, let layer = ReplayMeasurement.Times(times.rounds),
      let clocked = ReplayMeasurement.Times(times.clocked)
    else { return nil }
    return RankMessage.Result(
      names: engine.steps.map(\.name), operations: operations, layer: layer, clocked: clocked, passes: passes,
      interrupted: times.interrupted, hardwareThreads: hardwareThreads,
      output: ReplayMeasurement.Output(engine.buffers.stream, count: engine.sizes.tokens * engine.sizes.hidden))
  }
}
