/// What a runtime keeps of a GPU's memory for itself, beside all that a plan fills.
///
/// It differs with versions and settings: round figures, so ``MemoryEstimate/total`` leaves it out. Servers leave a
/// share free for it: vLLM fills 0.90 of a GPU by default, of late 0.92 (`gpu_memory_utilization` in `CacheConfig`).
public struct RuntimeReserve: Hashable, Sendable {
  /// What the memory is kept for.
  public enum Part: String, Sendable, CaseIterable {
    /// The driver's context with the kernels loaded so far, and workspaces of libraries.
    case context = "context and libraries"
    /// Buffers through which GPUs exchange.
    case exchanges = "exchange buffers"
    /// Gaps that the allocator leaves between tensors that come and go.
    case fragmentation
  }

  /// Groups of GPUs that one GPU exchanges with, each with buffers of its own.
  public let groups: Int
  /// Bytes by part; absent parts take nothing.
  public let bytes: [Part: Double]

  /// All bytes.
  public var total: Double { Part.allCases.reduce(0) { $0 + self[$1] } }

  /// Bytes of one part.
  public subscript(part: Part) -> Double { bytes[part] ?? 0 }

  /// None at all, as on a host.
  public static let none = RuntimeReserve(groups: 0, bytes: [:])

  private init(groups: Int, bytes: [Part: Double]) { (self.groups, self.bytes) = (groups, bytes) }

  /// The reserve of a GPU that needs what an estimate says.
  public init(beside estimate: MemoryEstimate, plan: ParallelPlan, options: StepOptions = StepOptions()) {
    let groups = Self.groups(of: plan, options)
    let passing = estimate[.residualStream] + estimate[.scores] + estimate[.activations]
    self.init(
      groups: groups,
      bytes: [
        .context: Self.context, .exchanges: Double(groups) * Self.buffersOfGroup,
        .fragmentation: Self.fragmentation * passing,
      ])
  }

  /// Groups with more than one member; replicas have something to exchange where they train or share weights out.
  private static func groups(of plan: ParallelPlan, _ options: StepOptions) -> Int {
    let exchangesData = options.work == .training || options.dataSharding == .weights
    return [plan.tp, plan.cp, plan.pp, exchangesData ? plan.dp : 1, plan.ep].count { $0 > 1 }
  }
}

extension RuntimeReserve {
  /// Bytes of a process's context and libraries.
  ///
  /// Measured: about 400 MB with kernels loaded lazily (pytorch/pytorch issue 109888), over 1000 MB without (107667).
  /// On an H100 before its first all-to-all 1.06 GB (NVIDIA/nccl issue 1685). cuBLAS has workspaces of 32 MiB there.
  static let context = 750e6

  /// Bytes of buffers that NCCL keeps for one group: 480 MiB.
  ///
  /// Measured on A100s: 544 MiB for two GPUs and 688 MiB for more (NVIDIA/nccl issue 964).
  static let buffersOfGroup = channels * connections * buffersOfConnection

  /// Channels of a group on fast links; NCCL chooses them by bandwidth, up to 32.
  private static let channels = 24.0
  /// Those of a channel: one in its ring, one in its tree.
  private static let connections = 2.0
  /// Buffers of the three protocols, whole pages of 2 MiB together (the 10,485,760 B of NVIDIA/nccl issue 1685).
  ///
  /// Simple has 4 MiB (`NCCL_BUFFSIZE`), LL 512 KiB and LL128 4.7 MiB.
  private static let buffersOfConnection = 10.0 * 1_048_576

  /// The share of what comes and goes that is lost to gaps.
  ///
  /// A round figure for steps that all allocate alike. Irregular ones lose more: 15 % on average and up to 33 % where
  /// training recomputes, offloads or shards (Guo et al., *GMLake*, arXiv 2401.08156).
  static let fragmentation = 0.05
}
