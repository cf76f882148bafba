internal import GEMMTiming

/// A model cut as a plan says: a graph for each kind of layer, and the weights of each stage.
///
/// It costs as much as the model has kinds of layers, however many there are of each.
struct ShardedModel {
  let model: ModelConfiguration
  let plan: ParallelPlan
  let setting: LayerSetting
  /// By kind of layer.
  let graphs: [LayerGraph]

  var options: StepOptions { setting.options }

  /// Cuts a model.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model or a shape is out of range.
  init(model: ModelConfiguration, plan: ParallelPlan, options: StepOptions) throws(ModelError) {
    try plan.validate(model, options: options)
    self.model = model
    self.plan = plan
    let setting = LayerSetting(model: model, plan: plan, options: options)
    self.setting = setting
    graphs = try model.stack.kinds.map { kind throws(ModelError) in try LayerGraph(kind, setting) }
  }

  /// Parts of the model: as many as stages, or several on each.
  var parts: Int { plan.pp * options.chunks }

  /// The layers of one part of the model.
  func layers(ofPart part: Int) -> Range<Int> {
    let first = plan.firstLayer(ofPart: part, parts: parts, layers: model.layers)
    return first..<first + plan.layerCount(ofPart: part, parts: parts, layers: model.layers)
  }

  /// The runs of equal layers in one part.
  func runs(ofPart part: Int) -> [LayerStack.Run] { model.stack.runs(in: layers(ofPart: part)) }

  /// The graph of each layer of a part, in order.
  func graphs(ofPart part: Int) -> [LayerGraph] {
    runs(ofPart: part).flatMap { Array(repeating: graphs[$0.kind], count: $0.count) }
  }

  /// The sum over a part's layers of something that each kind has.
  func sum<Value>(ofPart part: Int, from zero: Value, _ add: (Value, Double, LayerGraph) -> Value) -> Value {
    zip(model.stack.counts(in: layers(ofPart: part)), graphs).reduce(zero) {
      $1.0 == 0 ? $0 : add($0, Double($1.0), $1.1)
    }
  }

  /// The parts on one stage.
  func parts(ofStage stage: Int) -> [Int] { (0..<options.chunks).map { $0 * plan.pp + stage } }

  /// Weights of a stage's layers that one GPU holds.
  func layerWeights(ofStage stage: Int) -> RankWeights {
    parts(ofStage: stage).reduce(RankWeights()) { weights, part in
      sum(ofPart: part, from: weights) { $0 + $1 * $2.weights.rank }
    }
  }

  /// Weights that one GPU of a stage holds.
  func weights(ofStage stage: Int) -> RankWeights {
    var weights = layerWeights(ofStage: stage)
    let (ends, hidden) = (model.ends, model.hidden)
    func add(_ parameters: Double) {
      weights.common += parameters / Double(plan.tp)
      weights.plain += parameters / Double(plan.tp)
    }
    if stage == 0 { add(ends.embeddingParameters(hidden, model.normalization)) }
    if stage == plan.pp - 1 {
      add(ends.headParameters(hidden, model.normalization))
      // A tied head on another stage than the embedding is a second copy of it.
      if ends.isTied, plan.pp > 1 { add(Double(ends.vocabulary ?? 0) * Double(ends.embeddingWidth ?? hidden)) }
    }
    return weights
  }

  /// Bytes of an element of a linear layer's weight.
  var weightSize: Double { setting.weightSize }

  /// Bytes of weights; training keeps a copy of them in a narrower product's type, as it lies and turned.
  func bytes(of weights: RankWeights) -> Double {
    let isNarrow = options.work == .training && Double(plan.dtype.size) < setting.activationSize
    return weights.bytes(
      linear: weightSize + (isNarrow ? 2 * Double(plan.dtype.size) : 0), plain: setting.activationSize)
  }
}
