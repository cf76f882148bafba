/// What a step does with a model and a plan: which work, by which kernels, in which order.
public struct StepOptions: Hashable, Sendable {
  /// What is computed.
  public enum Work: String, Sendable, CaseIterable {
    /// The forward pass alone, over whole sequences.
    case forward
    /// The forward pass over prompts: keys and values stay in a cache, and only the last token's logits are wanted.
    case prefill
    /// One further token of each sequence, whose earlier keys and values are cached; `seq` counts them and it.
    case decode
    /// Forward, backward and the optimizer's step.
    case training
  }

  /// How scores, softmax and weighted sum are computed.
  public enum Attention: String, Sendable, CaseIterable {
    /// Three kernels, with the scores in device memory.
    case unfused
    /// One kernel that keeps the scores on chip.
    ///
    /// Source: Dao et al., *FlashAttention*, arXiv 2205.14135.
    case fused
  }

  /// The order in which a stage takes its micro-batches.
  public enum Schedule: Hashable, Sendable {
    /// All forward passes, then all backward passes (Huang et al., *GPipe*, arXiv 1811.06965).
    case gPipe
    /// One forward, one backward (Narayanan et al., *PipeDream-Flush*, arXiv 2104.04473, §2.2).
    case oneForwardOneBackward
    /// 1F1B with `chunks` parts of the model on each stage (arXiv 2104.04473, §2.2).
    case interleaved(chunks: Int)
    /// ZB-H1: the backward pass split in input and weight gradient (Qi et al., arXiv 2401.10241, §2).
    case zeroBubble
  }

  /// Which forward work is done again in the backward pass to save its activations' memory.
  public enum Recomputation: String, Sendable, CaseIterable {
    case none
    /// Scores, softmax and weighted sum (Korthikanti et al., arXiv 2205.05198, §5).
    case selective
    /// The whole layer.
    case full
  }

  /// How replicas divide what each would otherwise hold whole (Rajbhandari et al., *ZeRO*, arXiv 1910.02054).
  public enum DataSharding: Int, Sendable, CaseIterable {
    /// Gradients are all-reduced, and every replica does the whole optimizer step.
    case none
    /// Each replica keeps 1/dp of the optimizer's state and gathers the new weights.
    case optimizer
    /// And 1/dp of the gradients, which are reduce-scattered after every micro-batch's backward pass.
    case gradients
    /// And 1/dp of the weights, which are gathered before every pass.
    case weights
  }

  /// What turns gradients into new weights.
  public enum Optimizer: String, Sendable, CaseIterable {
    /// Two moments for each weight (Kingma and Ba, arXiv 1412.6980).
    case adam
    /// Stochastic gradient descent with momentum: one.
    case sgd

    /// Values in fp32 that are kept for each weight.
    var moments: Double { self == .adam ? 2 : 1 }
  }

  /// The element type in which replicas exchange gradients.
  public enum GradientExchange: String, Sendable, CaseIterable {
    /// The sums over micro-batches as they are kept.
    case fp32
    /// Rounded to the type of the weights.
    case weights
  }

  /// What is computed.
  public var work: Work
  /// How attention is computed.
  public var attention: Attention
  /// In which order the stages take micro-batches.
  public var schedule: Schedule
  /// What is computed twice to save memory.
  public var recomputation: Recomputation
  /// Whether norms and residuals are cut along the sequence, all-reduce becoming reduce-scatter and all-gather.
  ///
  /// Source: Korthikanti et al., arXiv 2205.05198, §4.2.
  public var sequenceParallel: Bool

  /// What replicas share of the optimizer's work.
  public var dataSharding: DataSharding
  /// What turns gradients into new weights.
  public var optimizer: Optimizer
  /// Whether gradients are exchanged between replicas while earlier layers still compute, bucket by bucket.
  public var overlapsGradients: Bool
  /// Bytes of gradients that are exchanged at once where ``overlapsGradients``: layers share a bucket, and a layer that is
  /// larger fills several; nil for a bucket a layer.
  public var bucketSize: Double?
  /// The exchanges that run beside computation, on streams of their own; the others hold computation up.
  public var overlapped: Set<Stream>
  /// What the host's launching costs; nil for captured graphs of kernels, where nothing is launched one by one.
  public var launch: HostLaunch?
  /// The element type in which replicas exchange gradients.
  public var gradientExchange = GradientExchange.fp32
  /// Whether queries, keys and values are three products, where programs of today run one.
  public var separatesProjections = false

  /// A step's options; the defaults are the reference document's: a forward pass with unfused attention.
  public init(
    work: Work = .forward, attention: Attention = .unfused, schedule: Schedule = .gPipe,
    recomputation: Recomputation = .none, sequenceParallel: Bool = false,
    dataSharding: DataSharding = .none, optimizer: Optimizer = .adam, overlapsGradients: Bool = false,
    bucketSize: Double? = nil, overlapped: Set<Stream> = [.tensor, .context, .expert, .pipeline, .data],
    launch: HostLaunch? = nil
  ) {
    self.work = work
    self.attention = attention
    self.schedule = schedule
    self.recomputation = recomputation
    self.sequenceParallel = sequenceParallel
    self.dataSharding = dataSharding
    self.optimizer = optimizer
    self.overlapsGradients = overlapsGradients
    self.bucketSize = bucketSize
    self.overlapped = overlapped
    self.launch = launch
  }

  /// Parts of the model on each stage: more than 1 only when interleaved.
  public var chunks: Int {
    if case .interleaved(let chunks) = schedule { return chunks }
    return 1
  }
}
