internal import Foundation
internal import GEMMTiming

/// A mixture of experts: a router gives each token a few of many MLPs, and the weighted sum of their outputs is taken.
///
/// Tokens are taken as spread evenly, without a limit on an expert's capacity, and none is dropped; where tokens are few,
/// some experts get none and are not read. With an expert-parallel degree ep, ep GPUs hold count/ep experts each, and an
/// all-to-all brings the tokens to their experts, another one back (Lepikhin et al., *GShard*, arXiv 2006.16668, §3).
public struct ExpertMLP: Hashable, Sendable {
  /// Experts of a layer.
  public let count: Int
  /// Experts that each token passes through.
  public let topK: Int
  /// One expert.
  public let expert: DenseMLP
  /// The MLP that every token passes besides; nil for none.
  public var shared: DenseMLP?
  /// Whether a product with one column weighs the shared expert's output.
  public var hasSharedGate = false
  /// Whether the router has biases.
  public var hasRouterBias = false
  /// Elements of a token's vector as the experts take it, behind a projection; nil for the residual stream's own.
  public var latentWidth: Int?
  /// Whether the projections to that width and back have biases.
  public var hasLatentBias = false

  init(count: Int, topK: Int, expert: DenseMLP) {
    (self.count, self.topK, self.expert) = (count, topK, expert)
  }

  /// How many different experts some tokens visit on average: count·(1 − (1 − topK/count)^tokens).
  ///
  /// Each token visits topK different ones, any set of them as likely as another; one token visits exactly topK.
  func expectedDistinct(tokens: Int) -> Double {
    if tokens == 1 { return Double(topK) }
    let count = Double(count)
    return count * (1 - pow(1 - Double(topK) / count, Double(tokens)))
  }
}

/// How the experts of a layer are shared out, and what one GPU gets of them.
struct ExpertShare {
  /// Experts that this GPU holds; of them those that tokens are expected to visit, and the nearest whole number.
  let local: Int
  let visited: Double
  let products: Int
  /// Tokens that each visited one gets.
  let rows: Int
  /// Tokens that this GPU routes, and their vectors, once for each of their experts that may be reached from here.
  let routed: Int
  let copies: Double
  /// Whether tokens are sent to their experts, and whether the experts' group gathers them then.
  let exchanges: Bool
  let gathers: Bool

  init(_ experts: ExpertMLP, _ setting: LayerSetting) throws(ModelError) {
    let plan = setting.plan
    local = max(1, experts.count / plan.ep)
    exchanges = plan.ep > 1 && !plan.expertsShareTokens(setting.options)
    // Ranks that hold the same tokens and not the same experts route a part of them each.
    let alike = setting.options.sequenceParallel ? 1 : plan.tp / plan.etp
    routed = exchanges ? max(1, (setting.streamTokens - 1) / alike + 1) : setting.tokens
    copies = Double(routed) * Double(experts.topK) / (exchanges ? 1 : Double(plan.ep))
    gathers = exchanges && setting.options.sequenceParallel && plan.etp > 1
    let group = try plan.tokensOfExperts(setting.tokens, setting.options)
    let arriving = try Extent.product([group, experts.topK], "tokens × topK × ep")
    let expected = experts.expectedDistinct(tokens: group)
    visited = expected * Double(local) / Double(experts.count)
    products = min(local, max(1, Int(visited.rounded())))
    let even = max((arriving - 1) / experts.count + 1, Int((Double(arriving) / expected).rounded()))
    rows = max(1, Int((Double(even) * plan.expertImbalance).rounded(.up)))
  }

  /// How many times the products' time is spent, so that it is that of the expected number of experts.
  var repeats: Double {
    let ratio = visited / Double(products)
    return abs(ratio - 1) < 1e-6 ? 1 : ratio
  }
}

extension ExpertMLP: LayerBlock {
  var component: OperationRole.Component { .mlp }

  var summary: [(name: String, value: String)] {
    let shared = shared.map { ", and one of \($0.width) for all" } ?? ""
    return expert.summary + [("Experts", "\(count), \(topK) a token\(shared)")]
  }

  /// With experts shared out under sequence parallelism each rank routes its own part of the sequence.
  func takesWholeSequence(_ setting: LayerSetting) -> Bool {
    !(setting.options.sequenceParallel && setting.plan.ep > 1)
  }

  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote] {
    guard expert.width.isMultiple(of: plan.etp) else {
      throw .doesNotDivide(divisor: "etp", value: plan.etp, dividend: "ffn", of: expert.width)
    }
    if let shared { try plan.checkTensorParallelism(cuts: shared.width, "ffn of the shared expert") }
    guard count.isMultiple(of: plan.ep) else {
      throw .doesNotDivide(divisor: "ep", value: plan.ep, dividend: "experts", of: count)
    }
    var notes: [PlanNote] = [
      plan.expertImbalance > 1
        ? .unevenExperts(imbalance: plan.expertImbalance) : .balancedExperts(count: count, topK: topK)
    ]
    let tokens = try plan.tokensOfExperts(
      plan.microBatchSize * (options.work == .decode ? 1 : plan.sequence / plan.cp), options)
    let expected = expectedDistinct(tokens: tokens)
    if expected < 0.999 * Double(count) {
      notes.append(.distinctExperts(expected: expected, count: count, tokens: tokens))
    }
    return notes
  }

  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
    let share = try ExpertShare(self, builder.setting)
    let split = builder.view(.mlpSplit, input)
    let routed = try route(split, share, in: &builder)
    let output = try experts(routed, share, in: &builder)
    let sum = try combine(output, share, in: &builder)
    guard let shared else { return sum }
    let other = try passShared(shared, split, in: &builder)
    return builder.pass(.sharedSum, .residual, [sum, other], elements: sum.elements, saving: .nothing)
  }

  /// The expert that every token passes: it takes the whole sequence, whoever routes which part of it.
  private func passShared(
    _ shared: DenseMLP, _ input: LayerTensor, in builder: inout LayerBuilder
  ) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let whole = setting.wholeStream
    var current = input
    let gathers = !takesWholeSequence(setting)
    if gathers {
      current = builder.exchange(
        .sharedGather, setting.tensorExchange(.allGather, elements: whole), current, elements: whole,
        backward: (.sharedGather, setting.tensorExchange(.reduceScatter, elements: whole)))
    }
    let entered = current
    current = try shared.forward(
      current, .sharedUp, OperationRole("shared_\(shared.activationRole.rawValue)", .mlp), .sharedDown, in: &builder)
    if hasSharedGate {
      let scale = try builder.product(
        .sharedGate, entered, builder.weight(setting.hidden, 1, isPlain: true), in: setting.plan.types.activation)
      current = builder.pass(.sharedScale, .copy, [current, scale], elements: current.elements)
    }
    guard gathers else { return current }
    return builder.exchange(
      .sharedReduceScatter, setting.tensorExchange(.reduceScatter, elements: whole), current,
      elements: setting.stream,
      backward: (.sharedReduceScatter, setting.tensorExchange(.allGather, elements: whole)))
  }

  /// Elements of a routed token's vector.
  private func width(_ setting: LayerSetting) -> Int { latentWidth ?? setting.hidden }

  /// From the tokens' vectors to the experts' inputs.
  private func route(
    _ input: LayerTensor, _ share: ExpertShare, in builder: inout LayerBuilder
  ) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let router = try builder.weight(setting.hidden, count, bias: hasRouterBias, isPlain: true)
    let scores = try builder.product(
      .router, input, router, rows: share.routed, in: setting.plan.types.activation)
    let all = Double(share.routed) * Double(count)
    // Softmax over a token's scores and the choice of its experts, each a pass over them.
    let choice = builder.pass(
      .expertChoice, .softmax, [scores], elements: all, read: 2 * all, saving: .output)
    var vectors = input
    if let latentWidth {
      let weight = try builder.weight(setting.hidden, latentWidth, bias: hasLatentBias)
      vectors = try builder.product(.latentDown, input, weight, rows: share.routed)
    }
    let copied = share.copies * Double(width(setting))
    var current = builder.permute(vectors, choice, elements: copied)
    guard share.exchanges else { return current }
    let exchange = setting.exchange(
      .allToAll, elements: copied, ranks: setting.plan.ep, setting.plan.expertPlacement)
    current = builder.exchange(
      .expertDispatch, exchange, current, elements: copied, backward: (.expertDispatch, exchange))
    guard share.gathers else { return current }
    let gathered = copied * Double(setting.plan.etp)
    return builder.exchange(
      BranchRoles.mlp.gather, setting.expertExchange(.allGather, elements: gathered), current, elements: gathered,
      backward: (BranchRoles.mlp.gather, setting.expertExchange(.reduceScatter, elements: gathered)))
  }

  /// The products of the experts that this GPU holds, as one batch.
  private func experts(
    _ input: LayerTensor, _ share: ExpertShare, in builder: inout LayerBuilder
  ) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let (width, inside) = (width(setting), expert.width / setting.plan.etp)
    let arriving = input.elements / Double(width)
    let computed = Double(share.rows) * share.visited
    func weight(_ matrix: LayerWeight, _ builder: inout LayerBuilder) -> LayerWeight {
      builder.weight(matrix, ofExperts: count, local: Double(share.local), active: Double(topK))
    }
    let up = weight(
      LayerWeight(
        rows: width, columns: expert.gates * expert.width, rankRows: width, rankColumns: expert.gates * inside,
        cut: .columns, bias: expert.hasBias), &builder)
    let activated = try builder.together { (builder) throws(ModelError) in
      let wide = try builder.product(
        .up, input, up, rows: share.rows, copies: share.products, repeats: share.repeats,
        elements: arriving * Double(expert.gates * inside))
      let elements = computed * Double(inside)
      return builder.pass(
        expert.activationRole, expert.activationKind, [wide], elements: arriving * Double(inside),
        read: elements * Double(expert.gates), written: elements)
    }
    let down = weight(
      LayerWeight(
        rows: expert.width, columns: width, rankRows: inside, rankColumns: width, cut: .rows, bias: expert.hasBias),
      &builder)
    return try builder.product(
      .down, activated, down, rows: share.rows, copies: share.products, repeats: share.repeats,
      elements: arriving * Double(width))
  }

  /// From the experts' outputs to the sum of each token's.
  private func combine(
    _ output: LayerTensor, _ share: ExpertShare, in builder: inout LayerBuilder
  ) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let vectors = Double(share.routed) * Double(width(setting))
    let copied = share.copies * Double(width(setting))
    var current = output
    if share.gathers {
      let gathered = copied * Double(setting.plan.etp)
      current = builder.exchange(
        BranchRoles.mlp.reduceScatter, setting.expertExchange(.reduceScatter, elements: gathered), current,
        elements: copied,
        backward: (BranchRoles.mlp.reduceScatter, setting.expertExchange(.allGather, elements: gathered)))
    }
    if share.exchanges {
      let exchange = setting.exchange(
        .allToAll, elements: copied, ranks: setting.plan.ep, setting.plan.expertPlacement)
      current = builder.exchange(
        .expertCombine, exchange, current, elements: copied, backward: (.expertCombine, exchange))
    }
    current = builder.pass(.unpermute, .copy, [current], elements: vectors, saving: .inputs)
    guard latentWidth != nil else { return current }
    let weight = try builder.weight(width(setting), setting.hidden, bias: hasLatentBias)
    return try builder.product(.latentUp, current, weight, rows: share.routed)
  }
}

extension LayerBuilder {
  /// One copy of each token's vector for each of its experts, side by side by expert.
  fileprivate mutating func permute(_ vectors: LayerTensor, _ choice: LayerTensor, elements: Double) -> LayerTensor {
    pass(
      .permute, .copy, [vectors, choice], elements: elements, read: elements, saving: .nothing)
  }
}

extension LayerSetting {
  /// An exchange within the group that cuts one expert.
  func expertExchange(_ kind: Communication.Kind, elements: Double) -> GEMMTiming.Operation {
    exchange(kind, elements: elements, ranks: plan.etp, plan.expertTensorPlacement)
  }
}

extension OperationRole {
  static let router = OperationRole("mlp_router", .mlp, title: "Expert Router")
  static let expertChoice = OperationRole("mlp_topk", .mlp)
  static let latentDown = OperationRole("mlp_latent_down", .mlp)
  static let permute = OperationRole("mlp_permute", .mlp)
  static let expertDispatch = OperationRole("mlp_dispatch", .mlp, stream: .expert)
  static let expertCombine = OperationRole("mlp_combine", .mlp, stream: .expert)
  static let unpermute = OperationRole("mlp_unpermute", .mlp)
  static let latentUp = OperationRole("mlp_latent_up", .mlp)
  static let sharedGather = OperationRole("shared_allgather", .mlp)
  static let sharedReduceScatter = OperationRole("shared_reducescatter", .mlp)
  static let sharedUp = OperationRole("shared_mlp1", .mlp, .column)
  static let sharedDown = OperationRole("shared_mlp2", .mlp, .row)
  static let sharedGate = OperationRole("shared_gate", .mlp)
  static let sharedScale = OperationRole("shared_scale", .mlp)
  static let sharedSum = OperationRole("shared_sum", .mlp)
}
