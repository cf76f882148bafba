public import GEMMTiming

/// How a model's work is divided over GPUs: tp·cp·pp·dp of them, and `microBatches` parts of each replica's batch.
public struct ParallelPlan: Hashable, Sendable {
  /// How tensor parallelism cuts the weights.
  public enum Sharding: String, Sendable, CaseIterable {
    /// Column-parallel QKV and MLP1, row-parallel projection and MLP2: flops over all ranks add up to the model's.
    ///
    /// Source: Shoeybi et al., *Megatron-LM*, arXiv 1909.08053, §3.
    case megatron
    /// The reference document's shapes: both dimensions of a weight divided by tp, 1/tp of the linear flops.
    case documented
  }

  /// How GPUs exchange keys and values where context parallelism cuts sequences.
  public enum ContextExchange: String, Sendable, CaseIterable {
    /// Parts go round while attention works on those that are there (Liu et al., *Ring Attention*, arXiv 2310.01889).
    case ring
    /// Heads are cut instead of positions while attention runs (Jacobs et al., *Ulysses*, arXiv 2309.14509).
    case allToAll = "all-to-all"
    /// All keys and values are gathered first (Dubey et al., *Llama 3*, arXiv 2407.21783, §3.3.2).
    case allGather = "all-gather"
  }

  /// How the work of a step is divided, in whole numbers.
  struct Degrees: Hashable, Sendable {
    var tp = 1, cp = 1, pp = 1, dp = 1, ep = 1
    /// nil for the tensor-parallel degree.
    var etp: Int?
    var microBatches = 1
  }

  let degrees: Degrees
  /// Sequences of a step, over all replicas.
  public let batch: Int
  /// Tokens of a sequence.
  public let sequence: Int
  /// The element type in which linear layers' products are computed.
  public let dtype: DataType
  /// The element types of everything else.
  public let types: NumberTypes
  /// How tensor parallelism cuts the weights.
  public let sharding: Sharding
  /// How keys and values are exchanged where sequences are cut.
  public let contextExchange: ContextExchange
  /// How many times the mean the busiest expert rank's tokens are.
  public let expertImbalance: Double
  /// GPUs joined by the fast links: what decides which exchanges leave a node.
  public let gpusPerNode: Int
  /// The layers of each part of the model, the first part first; empty for parts as even as they can be.
  ///
  /// There are pp parts, or pp times the chunks of an interleaved schedule, and part p is on stage p mod pp.
  public let layersOfParts: [Int]

  /// Tensor-parallel degree.
  public var tp: Int { degrees.tp }
  /// Context-parallel degree: every sequence is cut into so many parts.
  public var cp: Int { degrees.cp }
  /// Pipeline stages.
  public var pp: Int { degrees.pp }
  /// Replicas that each take a part of the batch.
  public var dp: Int { degrees.dp }
  /// Expert-parallel degree: so many GPUs share the experts of a layer out among themselves.
  public var ep: Int { degrees.ep }
  /// Tensor-parallel degree of one expert.
  public var etp: Int { degrees.etp ?? degrees.tp }
  /// How many micro-batches make one replica's part of the batch.
  public var microBatches: Int { degrees.microBatches }

  /// Makes a plan.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰, more GPUs or tokens than that, a batch that dp and
  ///   micro-batches do not divide, a cp that does not divide the sequence, ep and etp whose product does not divide the
  ///   GPUs of a stage, and a part with less than no layers.
  public init(
    tp: Int = 1, cp: Int = 1, pp: Int = 1, dp: Int = 1, ep: Int = 1, etp: Int? = nil, microBatches: Int = 1, batch: Int,
    sequence: Int, dtype: DataType = .bf16, types: NumberTypes? = nil, sharding: Sharding = .megatron,
    contextExchange: ContextExchange = .ring, expertImbalance: Double = 1, gpusPerNode: Int = 8,
    layersOfParts: [Int] = []
  ) throws(ModelError) {
    try Extent.check([
      "tp": tp, "cp": cp, "pp": pp, "dp": dp, "ep": ep, "etp": etp, "micro-batches": microBatches, "batch": batch,
      "seq": sequence, "gpusPerNode": gpusPerNode,
    ])
    try Extent.product([tp, cp, pp, dp], "tp × cp × pp × dp")
    try Extent.product([batch, sequence], "batch × seq")
    guard batch.isMultiple(of: dp) else {
      throw .doesNotDivide(divisor: "dp", value: dp, dividend: "batch", of: batch)
    }
    guard (batch / dp).isMultiple(of: microBatches) else {
      throw .doesNotDivide(divisor: "micro-batches", value: microBatches, dividend: "batch / dp", of: batch / dp)
    }
    guard sequence.isMultiple(of: cp) else {
      throw .doesNotDivide(divisor: "cp", value: cp, dividend: "seq", of: sequence)
    }
    let (experts, overflow) = ep.multipliedReportingOverflow(by: etp ?? tp)
    guard !overflow, (tp * cp * dp).isMultiple(of: experts) else {
      if etp == nil {
        throw .doesNotDivide(divisor: "ep", value: ep, dividend: cp > 1 ? "cp × dp" : "dp", of: cp * dp)
      }
      throw .doesNotDivide(divisor: "ep × etp", value: experts, dividend: "tp × cp × dp", of: tp * cp * dp)
    }
    guard expertImbalance >= 1, expertImbalance <= 0x1p20 else {
      throw .conflict(
        problem: "the busiest experts get \(expertImbalance) times the mean",
        remedy: "a factor of at least 1 is expected")
    }
    if let count = layersOfParts.first(where: { $0 < 0 || $0 > ModelConfiguration.maximumLayers }) {
      throw .conflict(
        problem: "a part of the model is given \(count) layers",
        remedy: "0 to \(ModelConfiguration.maximumLayers) are expected")
    }
    self.init(
      unchecked: Degrees(tp: tp, cp: cp, pp: pp, dp: dp, ep: ep, etp: etp, microBatches: microBatches), batch: batch,
      sequence: sequence, dtype: dtype, types: types, sharding: sharding, contextExchange: contextExchange,
      expertImbalance: expertImbalance, gpusPerNode: gpusPerNode, layersOfParts: layersOfParts)
  }

  private init(
    unchecked degrees: Degrees, batch: Int, sequence: Int, dtype: DataType = .bf16, types: NumberTypes? = nil,
    sharding: Sharding = .megatron, contextExchange: ContextExchange = .ring, expertImbalance: Double = 1,
    gpusPerNode: Int, layersOfParts: [Int] = []
  ) {
    self.degrees = degrees
    self.batch = batch
    self.sequence = sequence
    self.dtype = dtype
    self.types = types ?? NumberTypes(for: dtype)
    self.sharding = sharding
    self.contextExchange = contextExchange
    self.expertImbalance = expertImbalance
    self.gpusPerNode = gpusPerNode
    self.layersOfParts = layersOfParts
  }

  /// One GPU and one token: what counts a model's weights.
  static let ofOneToken = ParallelPlan(unchecked: Degrees(), batch: 1, sequence: 1, gpusPerNode: 1)

  /// The reference document's plan: two stages of eight GPUs, each stage a node, 1024 sequences of 10,000 at once.
  public static let reference = ParallelPlan(
    unchecked: Degrees(tp: 8, pp: 2), batch: 1024, sequence: 10000, gpusPerNode: 8)

  /// The same plan with some of its parts replaced; another `dtype` brings its own types of everything else.
  ///
  /// - Throws: as the initializer.
  public func with(
    tp: Int? = nil, cp: Int? = nil, pp: Int? = nil, dp: Int? = nil, ep: Int? = nil, etp: Int? = nil,
    microBatches: Int? = nil, batch: Int? = nil, sequence: Int? = nil, dtype: DataType? = nil,
    types: NumberTypes? = nil,
    sharding: Sharding? = nil, contextExchange: ContextExchange? = nil, expertImbalance: Double? = nil,
    gpusPerNode: Int? = nil, layersOfParts: [Int]? = nil
  ) throws(ModelError) -> ParallelPlan {
    try ParallelPlan(
      tp: tp ?? self.tp, cp: cp ?? self.cp, pp: pp ?? self.pp, dp: dp ?? self.dp, ep: ep ?? self.ep,
      etp: etp ?? degrees.etp, microBatches: microBatches ?? self.microBatches, batch: batch ?? self.batch,
      sequence: sequence ?? self.sequence, dtype: dtype ?? self.dtype,
      types: types ?? (dtype == nil ? self.types : nil), sharding: sharding ?? self.sharding,
      contextExchange: contextExchange ?? self.contextExchange,
      expertImbalance: expertImbalance ?? self.expertImbalance, gpusPerNode: gpusPerNode ?? self.gpusPerNode,
      layersOfParts: layersOfParts ?? self.layersOfParts)
  }

  /// The same work with layers that no group of GPUs cuts.
  var ofWholeLayers: ParallelPlan {
    get throws(ModelError) { try with(tp: 1, ep: 1, etp: 1, sharding: .megatron, expertImbalance: 1) }
  }

  /// tp·cp·pp·dp.
  public var gpus: Int { tp * cp * pp * dp }

  /// GPUs that hold the same weights, but for experts: dp·cp.
  public var replicas: Int { dp * cp }

  /// Sequences of one micro-batch.
  public var microBatchSize: Int { batch / dp / microBatches }
}
