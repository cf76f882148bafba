internal import Foundation
internal import GEMMTiming

/// The sizes of a mixture of experts on one GPU.
///
/// A router gives each token `topK` experts. Tokens are taken as spread evenly: each of the `count` experts gets
/// tokens·topK/count of them, rounded up, without a limit on its capacity, and none is dropped. Where tokens are few, some
/// experts get none and are not read: those that get any are as many as
/// ``ModelConfiguration/Experts/expectedDistinct(tokens:)`` says. With an expert-parallel
/// degree ep, ep replicas hold count/ep experts each, and an all-to-all brings the tokens of ep micro-batches to their
/// experts, another one back (Lepikhin et al., *GShard*, arXiv 2006.16668, §3). Under sequence parallelism each rank
/// then routes its own part of the sequence, and the tensor-parallel group gathers what has arrived and scatters the
/// sums before they go back, as Megatron-LM's all-to-all dispatcher does; without expert parallelism the whole sequence
/// is gathered before it is routed.
struct ExpertSizes {
  private let sizes: LayerSizes
  private let topK: Int
  /// Experts of a layer.
  let count: Int
  /// Experts that this GPU holds.
  let local: Int
  /// Of them those that tokens are expected to visit, and the nearest whole number of products.
  let visited: Double
  let products: Int
  /// Tokens that each visited one gets.
  let rows: Int
  /// Tokens that this GPU routes.
  let routed: Int

  init(_ experts: ModelConfiguration.Experts, sizes: LayerSizes) throws(ModelError) {
    self.sizes = sizes
    count = experts.count
    topK = experts.topK
    local = max(1, count / sizes.plan.ep)
    routed = sizes.plan.ep > 1 ? sizes.streamTokens : sizes.tokens
    let arriving = try Extent.product([sizes.tokens, topK, sizes.plan.ep], "tokens × topK × ep")
    let expected = experts.expectedDistinct(tokens: arriving / topK)
    visited = expected * Double(local) / Double(count)
    products = min(local, max(1, Int(visited.rounded())))
    rows = max((arriving - 1) / count + 1, Int((Double(arriving) / expected).rounded()))
  }

  /// How many times the products' time is spent, so that it is that of the expected number of experts.
  var repeats: Double { visited / Double(products) }

  /// Whether experts are shared out among replicas.
  var exchanges: Bool { sizes.plan.ep > 1 }

  /// Elements of the routed tokens' vectors, once for each of their experts: as this GPU routes them, and as the
  /// tensor-parallel group works on them.
  var copied: Double { Double(routed) * Double(topK) * Double(sizes.model.hidden) }
  var gathered: Double { sizes.wholeStream * Double(topK) }
  private var vectors: Double { Double(routed) * Double(sizes.model.hidden) }

  /// The router's product: a score for each token and expert.
  func router() throws(ModelError) -> GEMMTiming.Operation { try sizes.gemm(routed, sizes.model.hidden, count) }

  /// Softmax over a token's scores and the choice of its experts, each a pass over the scores.
  var choice: GEMMTiming.Operation {
    let scores = Double(routed) * Double(count)
    return sizes.pass(.softmax, read: 2 * scores, written: scores)
  }

  /// The gradient of the scores from that of the experts' weights.
  var choiceBackward: GEMMTiming.Operation {
    let scores = Double(routed) * Double(count)
    return sizes.pass(.softmax, read: 2 * scores, written: scores)
  }

  /// One copy of each token's vector for each of its experts, side by side by expert; also the backward pass of ``sum``.
  var spread: GEMMTiming.Operation { sizes.pass(.copy, read: copied, written: copied) }

  /// The weighted sum of a token's copies; also the backward pass of ``spread``.
  var sum: GEMMTiming.Operation { sizes.pass(.copy, read: copied, written: vectors) }

  /// Bringing tokens to their experts, or back.
  var exchange: GEMMTiming.Operation {
    .communication(
      Communication(
        .allToAll, bytes: copied * Double(sizes.plan.dtype.size), ranks: sizes.plan.ep,
        nodes: sizes.plan.expertNodes))
  }

  /// Gathering what has arrived over the tensor-parallel group, or scattering the sums over it.
  func tensorExchange(_ kind: Communication.Kind) -> GEMMTiming.Operation {
    sizes.tensorExchange(kind, elements: gathered)
  }
}

extension ModelConfiguration.Experts {
  /// How many different experts some tokens visit on average: count·(1 − (1 − topK/count)^tokens).
  ///
  /// Each token visits topK different ones, any set of them as likely as another; one token visits exactly topK.
  func expectedDistinct(tokens: Int) -> Double {
    if tokens == 1 { return Double(topK) }
    let count = Double(count)
    return count * (1 - pow(1 - Double(topK) / count, Double(tokens)))
  }
}

extension LayerSizes {
  /// The sizes of the model's experts; nil for one plain MLP.
  func experts() throws(ModelError) -> ExpertSizes? {
    guard let experts = model.experts else { return nil }
    return try ExpertSizes(experts, sizes: self)
  }

  /// Whether each rank routes its own part of the sequence, so that the MLP is entered and left without exchanges.
  var routesOwnPart: Bool { options.sequenceParallel && plan.ep > 1 }

  /// From the norm's output to the experts' inputs; returns the last operation.
  func appendDispatch(
    of experts: ExpertSizes, to list: inout OperationList, after input: Int
  ) throws(ModelError) -> Int {
    var current = list.add(.router, try experts.router(), after: [input])
    current = list.add(.expertChoice, experts.choice, after: [current])
    current = list.add(.permute, experts.spread, after: [current])
    guard experts.exchanges else { return current }
    current = list.add(.expertDispatch, experts.exchange, after: [current])
    return routesOwnPart ? list.add(.mlpGather, experts.tensorExchange(.allGather), after: [current]) : current
  }

  /// From the experts' outputs to the sum of each token's.
  func appendCombine(of experts: ExpertSizes, to list: inout OperationList, after output: Int) -> Int {
    var current = output
    if routesOwnPart {
      current = list.add(.mlpReduceScatter, experts.tensorExchange(.reduceScatter), after: [current])
    }
    if experts.exchanges { current = list.add(.expertCombine, experts.exchange, after: [current]) }
    return list.add(.unpermute, experts.sum, after: [current])
  }
}
