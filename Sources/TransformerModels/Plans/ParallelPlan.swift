public import GEMMTiming

/// How a model's work is divided over GPUs: tp·pp·dp of them, and `microBatches` parts of each replica's batch.
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

  /// Tensor-parallel degree.
  public let tp: Int
  /// Pipeline stages.
  public let pp: Int
  /// Replicas that each take a part of the batch.
  public let dp: Int
  /// Expert-parallel degree: so many of the dp replicas share the experts of a layer out among themselves.
  public let ep: Int
  /// How many micro-batches make one replica's part of the batch.
  public let microBatches: Int
  /// Sequences of a step, over all replicas.
  public let batch: Int
  /// Tokens of a sequence.
  public let sequence: Int
  /// The element type of weights and activations.
  public let dtype: DataType
  /// How tensor parallelism cuts the weights.
  public let sharding: Sharding
  /// GPUs joined by the fast links: what decides which exchanges leave a node.
  public let gpusPerNode: Int
  /// The layers of each part of the model, the first part first; empty for parts as even as they can be.
  ///
  /// There are pp parts, or pp times the chunks of an interleaved schedule, and part p is on stage p mod pp.
  public let layersOfParts: [Int]

  /// Makes a plan.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰, more GPUs or tokens than that, a batch that dp and
  ///   micro-batches do not divide, an ep that does not divide dp, and a part with less than no layers.
  public init(
    tp: Int = 1, pp: Int = 1, dp: Int = 1, ep: Int = 1, microBatches: Int = 1, batch: Int, sequence: Int,
    dtype: DataType = .bf16, sharding: Sharding = .megatron, gpusPerNode: Int = 8, layersOfParts: [Int] = []
  ) throws(ModelError) {
    for (name, value) in [
      ("tp", tp), ("pp", pp), ("dp", dp), ("ep", ep), ("micro-batches", microBatches), ("batch", batch),
      ("seq", sequence), ("gpusPerNode", gpusPerNode),
    ] { try Extent.check(value, name) }
    try Extent.product([tp, pp, dp], "tp × pp × dp")
    try Extent.product([batch, sequence], "batch × seq")
    guard batch.isMultiple(of: dp) else {
      throw .doesNotDivide(divisor: "dp", value: dp, dividend: "batch", of: batch)
    }
    guard (batch / dp).isMultiple(of: microBatches) else {
      throw .doesNotDivide(divisor: "micro-batches", value: microBatches, dividend: "batch / dp", of: batch / dp)
    }
    guard dp.isMultiple(of: ep) else {
      throw .doesNotDivide(divisor: "ep", value: ep, dividend: "dp", of: dp)
    }
    if let count = layersOfParts.first(where: { $0 < 0 || $0 > ModelConfiguration.maximumLayers }) {
      throw .conflict(
        problem: "a part of the model is given \(count) layers",
        remedy: "0 to \(ModelConfiguration.maximumLayers) are expected")
    }
    self.init(
      unchecked: tp, pp: pp, dp: dp, ep: ep, microBatches: microBatches, batch: batch, sequence: sequence,
      dtype: dtype, sharding: sharding, gpusPerNode: gpusPerNode, layersOfParts: layersOfParts)
  }

  private init(
    unchecked tp: Int, pp: Int, dp: Int, ep: Int, microBatches: Int, batch: Int, sequence: Int, dtype: DataType,
    sharding: Sharding, gpusPerNode: Int, layersOfParts: [Int]
  ) {
    self.tp = tp
    self.pp = pp
    self.dp = dp
    self.ep = ep
    self.layersOfParts = layersOfParts
    self.microBatches = microBatches
    self.batch = batch
    self.sequence = sequence
    self.dtype = dtype
    self.sharding = sharding
    self.gpusPerNode = gpusPerNode
  }

  /// The reference document's plan: two stages of eight GPUs, each stage a node, 1024 sequences of 10,000 at once.
  public static let reference = ParallelPlan(
    unchecked: 8, pp: 2, dp: 1, ep: 1, microBatches: 1, batch: 1024, sequence: 10000, dtype: .bf16,
    sharding: .megatron, gpusPerNode: 8, layersOfParts: [])

  /// The same plan with some of its parts replaced.
  ///
  /// - Throws: as ``init(tp:pp:dp:ep:microBatches:batch:sequence:dtype:sharding:gpusPerNode:layersOfParts:)``.
  public func with(
    tp: Int? = nil, pp: Int? = nil, dp: Int? = nil, ep: Int? = nil, microBatches: Int? = nil, batch: Int? = nil,
    sequence: Int? = nil, dtype: DataType? = nil, sharding: Sharding? = nil, gpusPerNode: Int? = nil,
    layersOfParts: [Int]? = nil
  ) throws(ModelError) -> ParallelPlan {
    try ParallelPlan(
      tp: tp ?? self.tp, pp: pp ?? self.pp, dp: dp ?? self.dp, ep: ep ?? self.ep,
      microBatches: microBatches ?? self.microBatches, batch: batch ?? self.batch,
      sequence: sequence ?? self.sequence, dtype: dtype ?? self.dtype, sharding: sharding ?? self.sharding,
      gpusPerNode: gpusPerNode ?? self.gpusPerNode, layersOfParts: layersOfParts ?? self.layersOfParts)
  }

  /// tp·pp·dp.
  public var gpus: Int { tp * pp * dp }

  /// Sequences of one micro-batch.
  public var microBatchSize: Int { batch / dp / microBatches }

  /// Tokens of one micro-batch: the m of its linear layers.
  public var microBatchTokens: Int { microBatchSize * sequence }
}
