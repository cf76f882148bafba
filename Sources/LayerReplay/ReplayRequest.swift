internal import Foundation
public import GEMMTiming
public import TransformerModels

/// What one rank is asked to run, as its parent says it: a line of JSON.
public struct ReplayRequest: Codable, Hashable, Sendable {
  // The model's layer.
  var hidden: Int
  var heads: Int
  var keyValueHeads: Int
  var headDimension: Int
  /// Elements of each head that are turned by their position.
  var rotated: Int
  /// Whether queries, keys and values are three products.
  var separateProjections: Bool
  var ffn: Int
  var gated: Bool
  var activation: String
  var normalization: String
  var expertCount: Int?
  var expertsOfToken: Int?

  // The plan.
  var tp: Int
  var batch: Int
  var sequence: Int
  var work: String

  /// Layers with weights of their own.
  public var layers: Int
  /// How weights are stored.
  public var weights: WeightLayout
  /// Decides weights and inputs.
  public var seed: UInt64
  /// Seconds of measuring.
  public var budget: Double
  /// The most passes over the layers that are timed.
  public var passes: Int
  /// Threads of each rank.
  public var threads: Int
  /// Which rank this is.
  public var rank = 0
  /// Bytes of the memory that ranks share.
  public var sharedBytes = 0

  /// Asks for layers of a model under a plan.
  ///
  /// - Throws: ``ReplayError/notRun(_:)`` for a layer that is not run here, with the operation or what else it is
  ///   about; ``ReplayError/model(_:)`` for a plan that cannot carry the model.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions, layers: Int, weights: WeightLayout,
    seed: UInt64, budget: Double, passes: Int = .max, threads: Int = 1
  ) throws(ReplayError) {
    let graph: LayerGraph
    do throws(ModelError) {
      // All ranks are on this host, whatever the plan says of nodes.
      graph = try LayerGraph(model: model, plan: plan.with(gpusPerNode: plan.tp), options: options)
    } catch {
      throw .model(error)
    }
    let layer = try ReplayableLayer(of: model, graph, sequence: plan.sequence, work: options.work)
    let (attention, mlp) = (layer.attention, layer.mlp)
    (hidden, heads, keyValueHeads) = (model.hidden, attention.heads, attention.keyValueHeads)
    (headDimension, rotated) = (attention.headDimension, attention.rotated)
    separateProjections = graph.operation(.queryKeyValue) == nil
    (ffn, gated, activation) = (mlp.width, mlp.isGated, mlp.activation.rawValue)
    normalization = model.normalization.rawValue
    (expertCount, expertsOfToken) = (layer.experts?.count, layer.experts?.topK)
    (tp, batch, sequence, work) = (plan.tp, plan.batch, plan.sequence, options.work.rawValue)
    (self.layers, self.weights, self.seed) = (layers, weights, seed)
    (self.budget, self.passes, self.threads) = (budget, passes, threads)
    try check(against: graph)
  }

  /// The model as far as its layers go, and one rank's layer.
  ///
  /// - Throws: ``ReplayError/model(_:)`` for sizes that are out of range, or a plan that cannot carry the model.
  func layer() throws(ReplayError) -> (model: ModelConfiguration, graph: LayerGraph) {
    do throws(ModelError) {
      let plan = try ParallelPlan(tp: tp, batch: batch, sequence: sequence, dtype: .fp32, gpusPerNode: tp)
      let model = try model()
      return (model, try LayerGraph(model: model, plan: plan, options: options))
    } catch {
      throw .model(error)
    }
  }

  private func model() throws(ModelError) -> ModelConfiguration {
    let experts: (count: Int, topK: Int)? =
      if let expertCount, let expertsOfToken { (expertCount, expertsOfToken) } else { nil }
    return try ModelConfiguration(
      name: "replay", layers: max(layers, 1), hidden: hidden, heads: heads, keyValueHeads: keyValueHeads,
      headDimension: headDimension, ffn: ffn, gated: gated,
      activation: DenseMLP.Activation(rawValue: activation) ?? .gelu,
      normalization: ModelConfiguration.Normalization(rawValue: normalization) ?? .layerNorm,
      positions: rotated > 0 ? .rotary : .none, rotated: rotated, experts: experts,
      separateProjections: separateProjections)
  }

  /// The step's options.
  var options: StepOptions { StepOptions(work: StepOptions.Work(rawValue: work) ?? .forward) }

  /// The request as one line.
  func line() -> String {
    (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Reads a line; nil when it is no request.
  init?(line: String) {
    guard let request = try? JSONDecoder().decode(Self.self, from: Data(line.utf8)) else { return nil }
    self = request
  }
}
