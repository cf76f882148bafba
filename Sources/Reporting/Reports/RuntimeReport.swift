public import GEMMTiming
public import TransformerModels

/// The runtime report of a step: the reference document's sections with every figure computed, and an audit of them.
///
/// As a ``Document`` it becomes text, Markdown or HTML; ``json()`` has the same figures for programs, ``csv()`` the nodes
/// of the critical path.
public struct RuntimeReport: Sendable {
  /// The step as it was asked for.
  public let estimate: StepEstimate
  /// What the step's figures say.
  public let analysis: StepAnalysis
  /// The same step under the other sharding, where the report compares the two.
  public let comparison: StepEstimate?
  /// Whether it fits the device, and what would.
  public let memory: MemoryVerdict
  /// The compute ceiling of one GPU in flop/s; nil where the device states none.
  public let peakFlops: Double?
  /// How finely the path is printed.
  public let pathLevel: PathLevel
  /// Sentences on where the figures come from.
  public let provenance: [String]
  /// The forecast by models that know less, and the measured host's own times; nil leaves them out.
  public var basis: Basis?
  /// What decides the step and what would help; nil leaves it out.
  public internal(set) var explanation: StepExplanation?

  /// Forecasts a step and gathers what there is to say of it.
  ///
  /// The reference model is always forecast under both shardings: its document's shapes and its intended cut differ.
  ///
  /// - Parameters:
  ///   - model: what is computed.
  ///   - plan: how it is divided.
  ///   - options: which work, by which kernels.
  ///   - device: what answers Get_Time.
  ///   - capacity: bytes of one GPU's memory.
  ///   - isHost: whether that memory is a host's, of which a runtime keeps no reserve.
  ///   - pathLevel: how finely the path is printed.
  ///   - provenance: sentences on where the device's figures come from.
  /// - Throws: `ModelError` when the plan cannot carry the model or the device cannot do an operation.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(), device: any GEMMTimeModel,
    capacity: Double, isHost: Bool = false, pathLevel: PathLevel = .document, provenance: [String] = []
  ) throws(ModelError) {
    estimate = try StepEstimate(model: model, plan: plan, options: options, timeModel: device)
    analysis = try StepAnalysis(estimate, timeModel: device)
    if model == .reference || plan.sharding == .documented {
      let other = try plan.with(sharding: plan.sharding == .megatron ? .documented : .megatron)
      comparison = try StepEstimate(model: model, plan: other, options: options, timeModel: device)
    } else {
      comparison = nil
    }
    memory = try MemoryVerdict(model: model, plan: plan, options: options, capacity: capacity, isHost: isHost)
    peakFlops = device.peakFlops(plan.dtype)
    self.pathLevel = pathLevel
    self.provenance = provenance
  }

  /// The estimates that the report shows, the document's shapes first.
  var estimates: [StepEstimate] {
    [estimate, comparison].compactMap(\.self).sorted { left, _ in left.plan.sharding == .documented }
  }

  /// The whole report.
  public var document: Document {
    Document(
      title: "DAG Runtime Report: \(estimate.model.name) on \(estimate.device)",
      sections: [overview, configuration] + pathSections + multiplicationSections + parallelismSections
        + runtimeSections + [observations, characteristics] + explanationSections + [audit] + basisSections + [sources])
  }

  /// `Get_Time(10240000, 1024, 1024)`.
  static func call(_ shape: GEMMShape) -> String { "Get_Time(\(shape.m), \(shape.k), \(shape.n))" }

  /// What the sharding is called in sentences.
  static func title(_ sharding: ParallelPlan.Sharding) -> String {
    sharding == .documented ? "document's shapes" : "Megatron sharding"
  }
}
