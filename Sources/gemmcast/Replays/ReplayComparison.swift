internal import DataFiles
internal import GEMMTiming
internal import HostCalibration
internal import LayerReplay
internal import Reporting
internal import TransformerModels

/// Puts a measured layer beside its forecast, and says what both rest on.
struct ReplayComparison {
  let model: ModelConfiguration
  let plan: ParallelPlan
  let layer: LayerGraph
  let work: WorkOptions
  let options: ReplayOptions
  let need: MemoryNeed
  let topology: HostTopology

  /// The report of a measurement.
  ///
  /// - Parameters:
  ///   - measurement: what was measured.
  ///   - provenance: sentences on where forecasts are from.
  ///   - forecast: the time of one operation; nil where there is none.
  /// - Returns: the report.
  func report(
    _ measurement: ReplayMeasurement, provenance: [String], forecast: (LayerOperation) -> TimePrediction?
  ) -> ReplayReport {
    let operations = measurement.operations.map { timed in
      guard let operation = layer.forward.first(where: { $0.name == timed.name }) else {
        return ReplayReport.Operation(
          name: timed.name, operation: .none, measured: .init(timed.times), forecast: .zero)
      }
      return ReplayReport.Operation(
        name: timed.name, operation: operation.operation,
        layout: operation.productRole?.layout(options.weights), measured: .init(timed.times),
        forecast: forecast(operation))
    }
    return ReplayReport(
      model: model.name, modelLayers: model.layers, work: words, device: topology.deviceName, operations: operations,
      layer: .init(measurement.layer), clocked: measurement.clocked.median, layers: measurement.layers,
      passes: measurement.passes,
      setting: ReplayReport.Setting(
        library: measurement.openBLAS.name, kernel: measurement.openBLAS.kernel, ranks: plan.tp,
        threads: options.threads, hardwareThreads: measurement.hardwareThreads.flatMap(\.self),
        weights: options.weights.rawValue),
      assumptions: setting(measurement) + engine + provenance,
      output: (measurement.output.rootMeanSquare, measurement.output.values))
  }

  /// `prefill, 2 sequences of 128 tokens, rank 1 of 2`.
  private var words: String {
    let sequences = Quantity.counted(plan.batch, "sequence")
    let work =
      work.mode == .decode
      ? "decode, one token of \(sequences), \(Quantity.counted(plan.sequence - 1, "token")) cached"
      : "\(work.mode.rawValue), \(sequences) of \(Quantity.counted(plan.sequence, "token"))"
    return work + (plan.tp > 1 ? ", each of \(plan.tp) ranks" : "")
  }

  /// The library, the cores, and where the weights lie.
  private func setting(_ measurement: ReplayMeasurement) -> [String] {
    let build = measurement.openBLAS
    let bound = measurement.hardwareThreads.flatMap(\.self)
    let ranks = plan.tp > 1 ? "\(plan.tp) ranks of " : ""
    let layers = Quantity.counted(measurement.layers, "layer")
    let size = Quantity.binaryBytes(Double(measurement.layers) * need.layer)
    let cold = Quantity.binaryBytes(MemoryNeed.coldBytes(topology))
    return [
      "\(build.name), kernel \(build.kernel), fp32; \(ranks)\(Quantity.counted(options.threads, "thread")), "
        + (bound.isEmpty
          ? "not bound to cores."
          : "bound to hardware \(bound.count == 1 ? "thread" : "threads") \(HostTopology.ranges(bound))."),
      options.weights == .outIn
        ? "Weights are stored as [out, in], as PyTorch has them: products A·Bᵀ."
        : "Weights are stored as [in, out]: products A·B.",
      "\(layers) of the model's \(model.layers), \(size) of weights"
        + (work.mode == .forward ? "" : " and cached keys and values") + ": "
        + (need.isCold(layers: measurement.layers, topology: topology)
          ? "four times the last-level cache or more, so that no cache holds a layer's until it comes again."
          : "less than \(cold), four times the last-level cache, so that caches may hold a part of them."),
      "Medians over \(Quantity.counted(measurement.passes, "pass")) and \(layers); one pass before them warmed up.",
      sharing(measurement),
    ]
      + (measurement.interrupted > 0.01
        ? [
          "Other programs broke into \(Quantity.percent(measurement.interrupted)) of the layers; the others count where enough are left."
        ]
        : [])
  }

  /// How much others shared the cores.
  private func sharing(_ measurement: ReplayMeasurement) -> String {
    let excess = measurement.clocked.median / max(measurement.layer.median, 1e-12)
    return excess < 1.01
      ? "By readings of the cores' speed between operations, the layer had them to itself."
      : "Others shared the cores: by readings of their speed between operations, the layer took "
        + "\(FixedPoint.text(excess, decimals: 2)) times as long as on cores of its own, of which times here are told, "
        + "as those of a table are."
  }

  private var tokens: Int { plan.batch * (work.mode == .decode ? 1 : plan.sequence) }

  /// What the engine does otherwise than the DAG, and what it leaves out.
  private var engine: [String] {
    var sentences = [
      "Layers only: embedding, final norm and head are not run, nor are biases, which the DAG has none of in the forward pass.",
      "attn_heads and attn_gather bring heads together; the DAG counts that as nothing.",
    ]
    if work.mode != .decode { sentences.append("Scores of all pairs are computed; softmax hides later positions.") }
    if model.mlp?.activation == .gelu { sentences.append("GELU is in its tanh form.") }
    if let experts = model.experts, let up = layer.gemms.first(where: { $0.name == "mlp1" })?.shape {
      sentences.append(
        "Tokens are dealt out evenly: \(up.batch) of \(experts.count) experts work on \(up.m) rows each, whatever the "
          + "router scores."
          + (up.batch * up.m < tokens * experts.topK
            ? " Some tokens share a row, as the plan has fewer than choices." : ""))
    }
    if options.threads > 1 { sentences.append("Only products run on all threads; passes over memory run on one.") }
    if plan.tp > 1 {
      sentences.append(
        "Ranks are processes of this host that sum through shared memory. Times are means over ranks; an exchange's holds "
          + "the wait for the slowest.")
    }
    return sentences
  }
}

extension ReplayReport.Measured {
  fileprivate init(_ times: ReplayMeasurement.Times) {
    self.init(
      seconds: times.median, low: times.low, high: times.high, minimum: times.minimum, samples: times.count)
  }
}
