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
  var ffn: Int
  var gated: Bool
  var activation: String
  var normalization: String
  var rotary: Bool
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
  public init(
    model: ModelConfiguration, plan: ParallelPlan, work: StepOptions.Work, layers: Int, weights: WeightLayout,
    seed: UInt64, budget: Double, passes: Int = .max, threads: Int = 1
  ) {
    (hidden, heads, keyValueHeads) = (model.hidden, model.heads, model.keyValueHeads)
    (headDimension, ffn, gated) = (model.headDimension, model.ffn, model.gated)
    (activation, normalization) = (model.activation.rawValue, model.normalization.rawValue)
    rotary = model.positions == .rotary
    (expertCount, expertsOfToken) = (model.experts?.count, model.experts?.topK)
    (tp, batch, sequence, self.work) = (plan.tp, plan.batch, plan.sequence, work.rawValue)
    (self.layers, self.weights, self.seed) = (layers, weights, seed)
    (self.budget, self.passes, self.threads) = (budget, passes, threads)
  }

  /// The model as far as its layers go, and one rank's layer.
  ///
  /// - Throws: ``ReplayError/model(_:)`` for sizes that are out of range, or a plan that cannot carry the model.
  func layer() throws(ReplayError) -> (ModelConfiguration, ShardedLayer) {
    do throws(ModelError) {
      let plan = try ParallelPlan(tp: tp, batch: batch, sequence: sequence, dtype: .fp32, gpusPerNode: tp)
      let model = try model()
      return (model, try ShardedLayer(model: model, plan: plan, options: options))
    } catch {
      throw .model(error)
    }
  }

  private func model() throws(ModelError) -> ModelConfiguration {
    let experts: ModelConfiguration.Experts? =
      if let expertCount, let expertsOfToken { .init(count: expertCount, topK: expertsOfToken) } else { nil }
    return try ModelConfiguration(
      name: "replay", layers: max(layers, 1), hidden: hidden, heads: heads, keyValueHeads: keyValueHeads,
      headDimension: headDimension, ffn: ffn, gated: gated,
      activation: ModelConfiguration.Activation(rawValue: activation) ?? .gelu,
      normalization: ModelConfiguration.Normalization(rawValue: normalization) ?? .layerNorm,
      positions: rotary ? .rotary : .none, experts: experts)
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
