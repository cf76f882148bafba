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
  private let clock = StepClock()

  /// Seconds of each operation and of whole layers, over passes and layers.
  private(set) var operations: [[Double]]
  private(set) var layers: [Double] = []
  /// The layers into which the scheduler did not break.
  private var whole: [Int] = []
  /// Passes that count.
  private(set) var passes = 0
  private var readings: [Double]

  /// Whole layers that tell a median without the others.
  private static let enoughWhole = 8
  /// Layers whose times are kept at most: more tell the median no better.
  private static let mostLayers = 20_000

  /// Allocates and fills what a request needs.
  ///
  /// - Parameters:
  ///   - request: what to run.
  ///   - region: the memory that ranks share, where there are several.
  /// - Throws: ``ReplayError``.
  init(_ request: ReplayRequest, region: SharedRegion?) throws(ReplayError) {
    self.request = request
    let model: ModelConfiguration
    let layer: ShardedLayer
    do {
      model = try request.model()
      layer = try ShardedLayer(model: model, plan: try request.plan(), options: request.options)
    } catch {
      throw .model(error)
    }
    let sizes = try RankSizes(request, model: model, layer: layer)
    let pieces = Array(repeating: LayerWeights.pieces(sizes), count: request.layers).flatMap(\.self)
    guard let matrices = FloatMemory(pieces: pieces), let vectors = FloatMemory(pieces: Activations.pieces(sizes)),
      let buffers = Activations(sizes, seed: request.seed, memory: vectors)
    else { throw try Self.shortage(request) }
    memories = [matrices, vectors]
    let filled = (0..<request.layers).compactMap {
      LayerWeights(sizes, layer: $0, seed: request.seed, outIn: request.weightsOutIn, memory: matrices)
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
    operations = engine.steps.map { _ in [] }
    readings = Array(repeating: 0, count: engine.steps.count + 1)
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
    let start = clock.now()
    var last = 0.0
    var isWarm = false
    while true {
      let elapsed = clock.now() - start
      let isOver = passes >= 1 && (elapsed + last > request.budget || passes >= request.passes || isFull)
      prepare()
      // All ranks do as many passes as the first one has time for.
      guard let goesOn = barrier.map({ $0.agree(isOver ? 0 : 1) }) ?? (isOver ? 0 : 1) else { return false }
      if goesOn == 0 { return true }
      let begin = clock.now()
      guard pass(counts: isWarm) else { return false }
      last = clock.now() - begin
      if isWarm { report(clock.now() - start) }
      isWarm = true
    }
  }

  private var isFull: Bool { layers.count + request.layers > Self.mostLayers }

  /// One pass over all layers; false where the group came to its end.
  func pass(counts: Bool) -> Bool {
    engine.begin()
    for layer in weights {
      let interruptions = clock.interruptions()
      engine.run(layer, clock: clock, into: &readings)
      if engine.isAbandoned { return false }
      guard counts else { continue }
      if clock.interruptions() == interruptions { whole.append(layers.count) }
      keep()
    }
    if counts { passes += 1 }
    return true
  }

  /// Keeps one layer's times, without what reading the clock took.
  private func keep() {
    for index in engine.steps.indices {
      operations[index].append(max(readings[index + 1] - readings[index] - clock.cost, 0))
    }
    guard let first = readings.first, let last = readings.last else { return }
    layers.append(max(last - first - clock.cost * Double(engine.steps.count), 0))
  }

  /// The times that count: those of layers into which nobody broke, or of all where those are too few.
  func times(_ seconds: [Double]) -> ReplayMeasurement.Times? {
    ReplayMeasurement.Times(whole.count >= Self.enoughWhole ? whole.map { seconds[$0] } : seconds)
  }

  /// The share of the layers into which others broke.
  var interrupted: Double { 1 - Double(whole.count) / Double(max(layers.count, 1)) }

  /// What the last layer gave.
  var output: ReplayMeasurement.Output {
    ReplayMeasurement.Output(engine.buffers.stream, count: engine.sizes.tokens * engine.sizes.hidden)
  }
}
