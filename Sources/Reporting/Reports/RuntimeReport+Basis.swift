public import GEMMTiming
public import TransformerModels

extension RuntimeReport {
  /// The forecast by a model that knows less, and what the measured host says itself: what the figures rest on.
  public struct Basis: Sendable {
    /// A model and its forecast.
    public struct Step: Sendable {
      /// What the model knows.
      public let name: String
      /// The schedule's total.
      public let forecast: TimeInterval90
    }

    /// From the specification alone to all that is known.
    public let steps: [Step]
    /// The measured host, its element type and its Get_Time of the reference's GEMMs; nil without a host.
    public let host: (name: String, dtype: DataType, gemms: [(operation: LayerOperation, prediction: TimePrediction)])?

    /// Forecasts the same step by each model, and asks the host for each GEMM.
    ///
    /// - Parameters:
    ///   - models: from the one that knows least to the one that knows most.
    ///   - host: the fit of the measured host, and the element type that was measured.
    ///   - model: what is computed.
    ///   - plan: how it is divided.
    ///   - options: which work, by which kernels.
    /// - Throws: `ModelError` when a model cannot do an operation.
    public init(
      models: [(name: String, model: any GEMMTimeModel)], host: (model: any GEMMTimeModel, dtype: DataType)?,
      model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
    ) throws(ModelError) {
      var steps: [Step] = []
      for step in models {
        let estimate = try StepEstimate(model: model, plan: plan, options: options, timeModel: step.model)
        steps.append(Step(name: step.name, forecast: estimate.totals.schedule))
      }
      self.steps = steps
      guard let host else {
        self.host = nil
        return
      }
      var gemms: [(operation: LayerOperation, prediction: TimePrediction)] = []
      for gemm in try LayerGraph.all(of: model, plan: plan, options: options).flatMap(\.gemms) {
        guard let shape = gemm.shape else { continue }
        do { gemms.append((gemm, try host.model.predict(shape, host.dtype))) } catch { throw .unsupported(error) }
      }
      self.host = (host.model.deviceName, host.dtype, gemms)
    }
  }

  /// What each piece of knowledge contributes to the forecast, and the measured host's own Get_Time.
  var basisSections: [Document.Section] {
    guard let basis else { return [] }
    var blocks: [Document.Block] = []
    if !basis.steps.isEmpty {
      blocks += [
        .paragraph("The same schedule forecast by models that know less; each step includes those before it:"),
        .table(
          DocumentTable(
            [.init("model of the device"), .init("schedule", .right), .init("90 % interval", .right)],
            rows: basis.steps.map { step in
              [
                step.name, Quantity.time(step.forecast.seconds),
                "\(Quantity.time(step.forecast.low)) … \(Quantity.time(step.forecast.high))",
              ]
            })),
      ]
    }
    if let host = basis.host {
      blocks += [
        .paragraph(
          "Get_Time of the same GEMMs on the measured host itself, \(host.name) in \(host.dtype.rawValue):"),
        .table(
          DocumentTable(
            [
              .init("GEMM"), .init("(m,k,n)"), .init("time", .right), .init("90 % interval", .right),
              .init("throughput", .right), .init("bound"), .init("source"),
            ],
            rows: host.gemms.map { gemm in
              let shape = gemm.operation.printedShape?.description ?? ""
              let throughput = gemm.operation.flops / gemm.prediction.seconds
              return [
                gemm.operation.name, shape, Quantity.time(gemm.prediction.seconds), gemm.prediction.intervalText,
                Quantity.throughput(throughput), gemm.prediction.bound.rawValue, gemm.prediction.source.rawValue,
              ]
            })),
      ]
    }
    return [.init("What the Forecast Rests On", blocks)]
  }
}
