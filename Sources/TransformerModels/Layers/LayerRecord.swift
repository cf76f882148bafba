internal import GEMMTiming

/// One step of a layer's forward pass as a block told it: what its backward pass and memory are derived from.
struct LayerRecord {
  /// What a step is, as far as its derivative differs.
  enum Step {
    /// Activations times a weight.
    case product(LayerWeight, GEMMShape, DataType)
    /// Two activations multiplied; the role of the product that gives the first one's gradient.
    case contraction(GEMMShape, gradient: ProductRole)
    /// One kernel that does so many times its forward work in the backward pass.
    case kernel(backward: Double)
    /// A pass over memory; the traffic of its backward pass.
    case pass(backward: GEMMTiming.Operation)
    /// An exchange, and what undoes it, under its own role or another's; nil where nothing has to be exchanged.
    case exchange(backward: (role: OperationRole, operation: GEMMTiming.Operation)?)
    /// Where a branch leaves the residual stream, and where it returns to it.
    case fork(Branch)
    case join
    /// A new view of the same values.
    case view
  }

  /// What the records of a branch share.
  struct Branch {
    let roles: BranchRoles
    /// Counted from 1.
    let number: Int
    /// The sum that ends it, and the same in the backward pass.
    let residual: GEMMTiming.Operation
  }

  let step: Step
  let role: OperationRole
  /// The place of its operation in the forward pass; nil where nothing runs.
  let position: Int?
  let inputs: [LayerTensor]
  let outputs: [LayerTensor]
  /// What the backward pass needs of it.
  var saved: [LayerTensor] = []
  /// Whether it is done again in the backward pass, so that what it makes is not kept.
  var isRecomputed = false
  /// Whether its result is gathered again in the backward pass from what was kept before.
  var isRegathered = false
  /// Steps of one number have all their tensors alive at once.
  var together: Int?

  /// Whether the blocks of a branch are all behind it.
  func isEntry(of roles: BranchRoles) -> Bool {
    if case .fork = step { return true }
    return role == roles.norm || role == roles.secondNorm
  }
}

/// The roles of what stands around a block: norm, exchanges, residual.
struct BranchRoles {
  let component: OperationRole.Component
  let norm, secondNorm, postNorm, gather, allReduce, reduceScatter, residual, biasGradient, gradientSum: OperationRole

  init(_ component: OperationRole.Component) {
    self.component = component
    let block: OperationRole.Block
    let (prefix, number): (String, Int)
    switch component {
    case .attention: (prefix, number, block) = ("attn", 1, .attention)
    case .recurrence: (prefix, number, block) = ("ssm", 1, .recurrence)
    case .mlp: (prefix, number, block) = ("mlp", 2, .mlp)
    }
    norm = OperationRole("ln\(number)", number == 1 ? .norm : .mlp)
    secondNorm = OperationRole("ln\(number)b", block)
    postNorm = OperationRole("post_ln\(number)", block)
    gather = OperationRole("\(prefix)_allgather", component == .attention ? .projections : block)
    allReduce = OperationRole("\(prefix)_allreduce", block)
    reduceScatter = OperationRole("\(prefix)_reducescatter", block)
    residual = OperationRole("res\(number)", block)
    biasGradient = OperationRole("\(prefix)_bias", block)
    gradientSum = OperationRole("\(prefix)_gradient_sum", block, isGradientSum: true)
  }

  static let attention = BranchRoles(.attention)
  static let recurrence = BranchRoles(.recurrence)
  static let mlp = BranchRoles(.mlp)

  static func of(_ component: OperationRole.Component) -> BranchRoles {
    switch component {
    case .attention: attention
    case .recurrence: recurrence
    case .mlp: mlp
    }
  }
}
