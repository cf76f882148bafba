internal import HostCalibration
internal import TransformerModels

extension LayerEngine {
  /// The first product of the MLP, or of each expert; of gated models gate and up side by side.
  func up(_ weights: LayerWeights) {
    let (a, rows) = (buffers.routing?.permuted ?? buffers.normed, sizes.experts?.rows ?? sizes.tokens)
    for (expert, weight) in weights.up.enumerated() {
      product(.up, a + expert * rows * sizes.hidden, weight, buffers.up + expert * rows * sizes.upWidth)
    }
  }

  /// The second product.
  func down(_ weights: LayerWeights) {
    let (c, rows) = (buffers.routing?.output ?? buffers.block, sizes.experts?.rows ?? sizes.tokens)
    for (expert, weight) in weights.down.enumerated() {
      product(.down, buffers.inside + expert * rows * sizes.downWidth, weight, c + expert * rows * sizes.hidden)
    }
  }

  /// The non-linearity of a model that is not gated.
  func activate(_ function: (UnsafePointer<Float>, Floats, _ count: Int) -> Void) {
    function(buffers.up, buffers.inside, sizes.mlpRows * sizes.downWidth)
  }

  /// The non-linearity of a gated one, which multiplies a second projection.
  typealias Gate = (
    _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>, _ output: Floats, _ count: Int
  ) -> Void

  /// The pass of an MLP that is gated by an activation; nil for one that is not run here.
  static func gate(_ activation: DenseMLP.Activation) -> Gate? {
    switch activation {
    case .silu: VectorKernel.swiglu
    case .gelu: VectorKernel.geglu
    case .relu, .squaredReLU: nil
    }
  }

  /// Row by row, gate and second projection side by side.
  func activate(gatedBy function: Gate) {
    for row in 0..<sizes.mlpRows {
      let gate = buffers.up + row * sizes.upWidth
      function(gate, gate + sizes.downWidth, buffers.inside + row * sizes.downWidth, sizes.downWidth)
    }
  }
}

// MARK: - A mixture of experts

extension LayerEngine {
  /// The row among the experts' that a token's choice goes to: choices are dealt out in turn, as evenly as can be.
  ///
  /// Where the plan has fewer rows than choices, those beyond them share the rows of the first.
  private func place(_ choice: Int, _ experts: RankSizes.Experts) -> Int {
    let (row, expert) = (choice % (experts.visited * experts.rows)).quotientAndRemainder(dividingBy: experts.visited)
    return expert * experts.rows + row
  }

  /// The router's scores.
  func route(_ weights: LayerWeights) {
    guard let routing = buffers.routing, let router = weights.router else { return }
    product(.router, buffers.normed, router, routing.scores)
  }

  /// Softmax over a token's scores, and the weights of the largest of them, which add up to 1.
  func chooseExperts() {
    guard let routing = buffers.routing, let experts = sizes.experts else { return }
    for token in 0..<sizes.tokens {
      let (scores, weights) = (routing.scores + token * experts.count, routing.weights + token * experts.topK)
      VectorKernel.softmax(scores, count: experts.count, visible: experts.count, scale: 1)
      var total: Float = 0
      for choice in 0..<experts.topK {
        var best = 0
        for expert in 1..<max(experts.count, 1) where scores[expert] > scores[best] { best = expert }
        weights[choice] = scores[best]
        total += scores[best]
        scores[best] = -1
      }
      for choice in 0..<experts.topK { weights[choice] /= total }
    }
  }

  /// A copy of each token's vector for each of its experts, expert by expert.
  func permute() {
    guard let routing = buffers.routing, let experts = sizes.experts else { return }
    let hidden = sizes.hidden
    for token in 0..<sizes.tokens {
      for choice in 0..<experts.topK {
        let row = place(token * experts.topK + choice, experts)
        VectorKernel.copy(buffers.normed + token * hidden, to: routing.permuted + row * hidden, count: hidden)
      }
    }
  }

  /// The weighted sum of what a token's experts gave.
  func unpermute() {
    guard let routing = buffers.routing, let experts = sizes.experts else { return }
    let hidden = sizes.hidden
    for token in 0..<sizes.tokens {
      for choice in 0..<experts.topK {
        let row = place(token * experts.topK + choice, experts)
        VectorKernel.accumulate(
          routing.output + row * hidden, times: routing.weights[token * experts.topK + choice],
          to: buffers.block + token * hidden, count: hidden, isFirst: choice == 0)
      }
    }
  }
}
