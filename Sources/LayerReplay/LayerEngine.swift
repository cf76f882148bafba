internal import GEMMTiming
internal import HostCalibration
internal import TransformerModels

/// Runs one rank's layers operation by operation, in the order of the DAG.
final class LayerEngine {
  /// One thing that is timed.
  struct Step {
    /// The name of the DAG's node, or one of the engine's own.
    let name: String
    let timing: StepTimer.Step
    let run: (LayerEngine, LayerWeights) -> Void
  }

  let sizes: RankSizes
  let buffers: Activations
  /// How weights are stored.
  let layout: OperandLayout
  let isLayerNorm: Bool
  let rotary: VectorKernel.RotaryTable?
  let exchange: SumExchange?
  /// What is timed, in order.
  private(set) var steps: [Step] = []
  /// Whether an exchange found the group at its end.
  var isAbandoned = false

  /// The moves of heads that the DAG counts as nothing: ``ReplayMeasurement`` names them.
  static let headsName = "attn_heads"

  /// An engine for the layer that a request describes.
  ///
  /// - Throws: ``ReplayError/notRun(_:)`` for an operation that it does not know, or of another shape than its own.
  init(
    _ request: ReplayRequest, layer: LayerGraph, sizes: RankSizes, buffers: Activations, exchange: SumExchange?
  ) throws(ReplayError) {
    self.sizes = sizes
    self.buffers = buffers
    self.exchange = exchange
    layout = ProductRole.weight.layout(request.weights)
    isLayerNorm = request.normalization != ModelConfiguration.Normalization.rmsNorm.rawValue
    rotary =
      sizes.rotated > 0
      ? VectorKernel.RotaryTable(positions: sizes.keyLength, headDimension: sizes.rotated) : nil
    for operation in layer.forward {
      guard let replayed = operation.replayed else { throw .notRun("\(operation.name) is not run here") }
      try check(operation, replayed)
      if replayed == .score {
        let moved = 4 * Double(sizes.tokens * sizes.queryWidth)
        steps.append(
          Step(name: Self.headsName, timing: .pass(MemoryTraffic(.copy, read: moved, written: moved))) {
            $0.moveHeads($1)
          })
      }
      if let run = try run(replayed, request) {
        steps.append(Step(name: operation.name, timing: .init(operation.operation, threads: request.threads), run: run))
      }
    }
  }

  /// Puts the residual stream back to what every pass begins with.
  func begin() { VectorKernel.copy(buffers.input, to: buffers.stream, count: sizes.tokens * sizes.hidden) }

  /// Runs one layer step by step.
  func run(_ weights: LayerWeights, timer: StepTimer) {
    timer.begin()
    for index in steps.indices {
      timer.time(index) { steps[index].run(self, weights) }
    }
  }

  /// The products here must be the DAG's: what is timed beside a forecast is what the forecast is of.
  private func check(_ operation: LayerOperation, _ replayed: ReplayedOperation) throws(ReplayError) {
    guard let shape = operation.shape else { return }
    guard let own = sizes.product(replayed), own == (shape.m, shape.k, shape.n, shape.batch) else {
      throw .notRun("\(operation.name) \(shape) is not run here as the plan has it")
    }
  }

  /// What does an operation; nil for those that have nothing to do.
  private func run(
    _ operation: ReplayedOperation, _ request: ReplayRequest
  ) throws(ReplayError) -> ((LayerEngine, LayerWeights) -> Void)? {
    switch operation {
    case .firstNorm: return { $0.norm(scale: $1.firstScale, shift: $1.firstShift) }
    case .attentionInput, .projectionInput, .mlpInput: return nil
    case .queryKeyValue: return { $0.product(.queryKeyValue, $0.buffers.normed, $1.query, $0.buffers.query) }
    case .query: return { $0.product(.query, $0.buffers.normed, $1.query, $0.buffers.query) }
    case .key: return { $0.product(.key, $0.buffers.normed, $1.key, $0.buffers.key) }
    case .value: return { $0.product(.value, $0.buffers.normed, $1.value, $0.buffers.value) }
    case .rotary: return { $0.rotate($1) }
    case .score: return { $0.score($1) }
    case .softmax: return { engine, _ in engine.softmax() }
    case .weightedSum: return { $0.weigh($1) }
    case .headGather: return sizes.movesHeads ? { engine, _ in engine.gatherHeads() } : nil
    case .projection: return { $0.product(.projection, $0.buffers.merged, $1.projection, $0.buffers.block) }
    case .attentionReduction, .mlpReduction:
      return sizes.tp > 1 ? { engine, _ in engine.reduce() } : nil
    case .firstResidual, .secondResidual: return { engine, _ in engine.residual() }
    case .secondNorm: return { $0.norm(scale: $1.secondScale, shift: $1.secondShift) }
    case .router: return { $0.route($1) }
    case .expertChoice: return { engine, _ in engine.chooseExperts() }
    case .permute: return { engine, _ in engine.permute() }
    case .up: return { $0.up($1) }
    case .gelu: return { engine, _ in engine.activate(VectorKernel.gelu) }
    case .relu: return { engine, _ in engine.activate(VectorKernel.relu) }
    case .silu: return { engine, _ in engine.activate(VectorKernel.silu) }
    case .squaredReLU: return { engine, _ in engine.activate(VectorKernel.squaredReLU) }
    case .gate:
      guard let gate = DenseMLP.Activation(rawValue: request.activation).flatMap(Self.gate) else {
        throw .notRun("an MLP gated by \(request.activation) is not run here")
      }
      return { engine, _ in engine.activate(gatedBy: gate) }
    case .down: return { $0.down($1) }
    case .unpermute: return { engine, _ in engine.unpermute() }
    }
  }
}

extension LayerEngine {
  typealias Floats = UnsafeMutablePointer<Float>

  /// A product of activations and a weight.
  func product(_ operation: ReplayedOperation, _ a: Floats, _ weight: Floats, _ c: Floats) {
    guard let shape = sizes.product(operation) else { return }
    MatrixProduct.compute(m: shape.m, k: shape.k, n: shape.n, layout: layout, a: a, b: weight, c: c)
  }

  /// The norm of the residual stream; models with RMS norm have no shift.
  func norm(scale: Floats, shift: Floats) {
    let hidden = sizes.hidden
    for token in 0..<sizes.tokens {
      let (x, y) = (buffers.stream + token * hidden, buffers.normed + token * hidden)
      if isLayerNorm {
        VectorKernel.layerNorm(x, scale: scale, shift: shift, to: y, count: hidden)
      } else {
        VectorKernel.rmsNorm(x, scale: scale, to: y, count: hidden)
      }
    }
  }

  /// Adds a block's output to the residual stream.
  func residual() { VectorKernel.add(buffers.block, to: buffers.stream, count: sizes.tokens * sizes.hidden) }

  /// Sums a block's output over the ranks.
  func reduce() {
    guard let exchange else { return }
    if !exchange.sum(buffers.block, count: sizes.tokens * sizes.hidden) { isAbandoned = true }
  }
}

extension StepTimer.Step {
  /// What an operation of the DAG does on this host.
  fileprivate init(_ operation: GEMMTiming.Operation, threads: Int) {
    switch operation {
    case .gemm(let shape, _, _): self = .product(shape, threads: threads)
    case .memory(let traffic): self = .pass(traffic)
    case .communication: self = .exchange
    case .attention, .none: self = .pass(MemoryTraffic(.copy, read: 0, written: 0))
    }
  }
}
