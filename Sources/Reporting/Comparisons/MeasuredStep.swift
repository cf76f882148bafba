public import GEMMTiming

/// One GPU's part of a step as a profiler measured it: a kernel or an operator an entry, each counted once.
public struct MeasuredStep: Sendable {
  /// What an operation does, measured or forecast.
  public enum Kind: String, Sendable, CaseIterable {
    case product = "gemm"
    case attention
    case exchange = "collective"
    case norm
    /// Passes over memory that are no norms.
    case pass = "memory"
    case other

    /// The kind of what a time model is asked about.
    init(_ operation: GEMMTiming.Operation) {
      switch operation {
      case .gemm: self = .product
      case .attention: self = .attention
      case .communication: self = .exchange
      case .memory(let traffic): self = traffic.kind == .layerNorm || traffic.kind == .rmsNorm ? .norm : .pass
      case .none: self = .other
      }
    }

    /// What several of the kind are called.
    var plural: String {
      switch self {
      case .product: "matrix products"
      case .attention: "attention"
      case .exchange: "exchanges"
      case .norm: "norms"
      case .pass: "passes over memory"
      case .other: "other kernels"
      }
    }
  }

  /// What is known of an operation's extents.
  public enum Work: Hashable, Sendable {
    case product(GEMMShape, DataType)
    /// Forward.
    case attention(AttentionShape)
    /// The whole message's bytes; nil of several sizes.
    case exchange(Communication.Kind, bytes: Int?, ranks: Int)
    case unknown
  }

  /// Equal operations.
  public struct Operation: Sendable {
    /// The operator's or the kernel's name.
    public var name: String
    /// What it does.
    public var kind: Kind
    /// Its extents.
    public var work: Work
    /// Seconds of all of them.
    public var seconds: Double
    /// How many there are.
    public var count: Int

    /// `count` operations that took so many seconds together.
    public init(name: String, kind: Kind, work: Work = .unknown, seconds: Double, count: Int = 1) {
      (self.name, self.kind, self.work) = (name, kind, work)
      (self.seconds, self.count) = (seconds, count)
    }
  }

  /// The operations of all steps.
  public var operations: [Operation]
  /// How many steps they are of.
  public var steps: Int
  /// Seconds from the first one's start to the last one's end; nil where the profiler does not tell.
  public var span: Double?
  /// Seconds of the span in which at least one ran; nil where the profiler does not tell.
  public var busy: Double?
  /// The device as the profiler names it.
  public var device: String?
  /// Whether these are kernels of a GPU rather than operators of a CPU.
  public var isGPU: Bool

  /// What was measured of `steps` steps.
  public init(
    operations: [Operation], steps: Int = 1, span: Double? = nil, busy: Double? = nil, device: String? = nil,
    isGPU: Bool = true
  ) {
    (self.operations, self.steps, self.span, self.busy) = (operations, steps, span, busy)
    (self.device, self.isGPU) = (device, isGPU)
  }
}
