import DataFiles
import Foundation
import GEMMTiming
import ModelFiles
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

/// What is derived from blocks of every kind: gradients, weights, caches, divisions, element types.
@Suite struct LayerFeaturesTests {
  private static let latent = """
    {"model_type": "deepseek_v3", "hidden_size": 256, "intermediate_size": 512, "moe_intermediate_size": 64,
     "num_hidden_layers": 4, "num_attention_heads": 8, "num_key_value_heads": 8, "q_lora_rank": 64, "kv_lora_rank": 32,
     "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16, "n_routed_experts": 16, "num_experts_per_tok": 4,
     "n_shared_experts": 1, "first_k_dense_replace": 1, "vocab_size": 1024, "max_position_embeddings": 4096}
    """
  private static let delta = """
    {"model_type": "qwen3_next", "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 8,
     "num_key_value_heads": 4, "head_dim": 32, "linear_num_key_heads": 4, "linear_num_value_heads": 8,
     "linear_key_head_dim": 16, "linear_value_head_dim": 16, "num_experts": 8, "num_experts_per_tok": 2,
     "moe_intermediate_size": 64, "shared_expert_intermediate_size": 64, "vocab_size": 1024}
    """
  private static let parallel = """
    {"model_type": "gptj", "n_embd": 256, "n_layer": 2, "n_head": 8, "n_positions": 512, "rotary_dim": 16,
     "vocab_size": 1024}
    """
  private static let windowed = """
    {"model_type": "gpt_oss", "hidden_size": 256, "intermediate_size": 64, "num_hidden_layers": 4, "head_dim": 32,
     "num_attention_heads": 8, "num_key_value_heads": 4, "num_local_experts": 8, "num_experts_per_tok": 2,
     "sliding_window": 16, "vocab_size": 1024}
    """
  private static let all = [latent, delta, parallel, windowed]

  private func read(_ text: String) throws -> ModelConfiguration {
    try ModelConfiguration(huggingFace: JSONDocument(text: text, file: "config.json").root, name: "m")
  }

  private func graphs(
    _ text: String, _ plan: ParallelPlan, _ options: StepOptions
  ) throws -> [LayerGraph] { try LayerGraph.all(of: read(text), plan: plan, options: options) }

  /// Every product has two gradients, each of as many operations as itself; dependencies point backwards.
  @Test(arguments: all) func backwardFollowsFromForward(config: String) throws {
    let plan = try ParallelPlan(tp: 2, batch: 2, sequence: 64)
    for sequenceParallel in [false, true] {
      for recomputation in StepOptions.Recomputation.allCases {
        let options = StepOptions(
          work: .training, recomputation: recomputation, sequenceParallel: sequenceParallel)
        for graph in try graphs(config, plan, options) {
          func flops(_ operations: [LayerOperation], _ phase: LayerOperation.Phase) -> Double {
            operations.filter { $0.phase == phase && $0.shape != nil }.reduce(0) { $0 + $1.flops }
          }
          let forward = flops(graph.forward, .forward)
          #expect(abs(flops(graph.backward, .inputGradient) / forward - 1) < 1e-12)
          #expect(abs(flops(graph.backward, .weightGradient) / forward - 1) < 1e-12)
          for (position, operation) in graph.backward.enumerated() {
            #expect(operation.dependencies.allSatisfy { $0 >= LayerOperation.entry && $0 < position })
            #expect(!operation.dependencies.isEmpty, "\(operation.name)")
          }
          for (position, operation) in graph.forward.enumerated() {
            #expect(operation.dependencies.allSatisfy { $0 >= LayerOperation.entry && $0 < position })
          }
        }
      }
    }
  }

  /// Over all ranks the linear layers' weights add up to the model's, but for what every rank holds.
  @Test(arguments: all) func ranksShareTheWeights(config: String) throws {
    let model = try read(config)
    for tp in [1, 2, 4] {
      let plan = try ParallelPlan(tp: tp, batch: 1, sequence: 64)
      for (kind, graph) in try graphs(config, plan, StepOptions()).enumerated() {
        var builder = LayerBuilder(LayerSetting(model: model, plan: plan, options: StepOptions()))
        var stream = builder.input()
        for branch in model.stack.kinds[kind].branches { stream = try builder.branch(branch, stream) }
        let cut = builder.weights.map(\.weight).filter { $0.cut != .whole }
        let ranks = cut.reduce(0) { $0 + $1.rankCount * Double($1.rankRows) * Double($1.rankColumns) }
        let whole = cut.reduce(0) { $0 + $1.count * Double($1.rows) * Double($1.columns) }
        #expect(abs(Double(tp) * ranks / whole - 1) < 1e-12)
        #expect(graph.weights.rank.total <= graph.weights.parameters)
      }
    }
  }

  /// The parts of a sequence do the whole sequence's work, and keep their part of the cache and of the activations.
  @Test(arguments: all, ParallelPlan.ContextExchange.allCases)
  func contextParallelismDividesTheWork(config: String, exchange: ParallelPlan.ContextExchange) throws {
    func graphs(_ cp: Int) throws -> [LayerGraph] {
      let plan = try ParallelPlan(cp: cp, batch: 1, sequence: 4096, contextExchange: exchange)
      return try self.graphs(config, plan, StepOptions(work: .training, attention: .fused))
    }
    for (whole, part) in zip(try graphs(1), try graphs(2)) {
      #expect(abs(2 * part.forwardFlops / whole.forwardFlops - 1) < 0.002)
      // An all-to-all gives attention's output anew, and both are kept.
      let more = exchange == .allToAll ? 0.1 : 0.002
      #expect(abs(2 * part.kept.total / whole.kept.total - 1) < more)
      #expect(part.forward.contains { $0.role.stream == .context && $0.operation != .none })
      #expect(part.backward.contains { $0.role.stream == .context && $0.operation != .none })
      #expect(!whole.forward.contains { $0.role.stream == .context && $0.operation != .none })
    }
    let model = try read(config)
    func cache(_ cp: Int) throws -> Double {
      let plan = try ParallelPlan(cp: cp, batch: 1, sequence: 4096, contextExchange: exchange)
      return try MemoryEstimate(
        stage: 0, model: model, plan: plan, options: StepOptions(work: .decode, attention: .fused))[.cache]
    }
    if config != Self.delta { #expect(try 2 * cache(2) == cache(1)) }
  }

  /// In decoding the cache is one narrow vector a token, whatever the heads, and all heads look at it.
  @Test func latentAttentionIsAbsorbedInDecoding() throws {
    let plan = try ParallelPlan(tp: 2, batch: 3, sequence: 100)
    let options = StepOptions(work: .decode, attention: .fused)
    let graph = try graphs(Self.latent, plan, options)[0]
    guard case .attention(let shape, _) = graph.forward.first(where: { $0.role == .fusedAttention })?.operation else {
      Issue.record("no attention")
      return
    }
    #expect(shape.keyValueHeads == 1 && shape.heads == 4 && shape.headDimension == 40 && shape.valueDimension == 32)
    // 100 keys of 40 elements for each of 3 sequences, and 4 heads' queries and outputs.
    let elements: Double = 100 * 40 + 4 * (40 + 32)
    #expect(shape.bytes(.bf16) == 6 * elements)
    #expect(graph.caches.map(\.elementsPerPosition) == [40])
    #expect(graph.forward.first { $0.role == .absorbKey }?.shape == (try GEMMShape(m: 3, k: 16, n: 32, batch: 4)))
    let prefill = try graphs(Self.latent, plan, StepOptions(work: .prefill, attention: .fused))[0]
    #expect(prefill.forward.contains { $0.role == .widen } && !prefill.forward.contains { $0.role == .absorbKey })
    #expect(prefill.weights.parameters == graph.weights.parameters)
  }

  /// The step of unequal layers takes as long as each kind's layers together.
  @Test func unequalLayersAddUp() throws {
    let model = try read(Self.latent)
    let plan = try ParallelPlan(batch: 2, sequence: 64)
    let estimate = try StepEstimate(
      model: model, plan: plan, timeModel: SpecificationRoofline(communicates: false))
    let layers = estimate.kinds.reduce(0) { sum, kind in
      sum + Double(kind.count) * kind.forward.reduce(0) { $0 + $1.prediction.seconds }
    }
    let ends = (0..<estimate.step.nodeCount).filter { estimate.step.layer(of: $0) == nil }
      .reduce(0) { $0 + estimate.step.graph.durations[$1] }
    #expect(estimate.kinds.map(\.count) == [1, 3])
    #expect(abs(estimate.schedule.makespan / (layers + ends) - 1) < 1e-12)
  }

  /// Experts of one tensor-parallel group need no exchange; those of several do, and each GPU then holds 1/ep of them.
  @Test func expertsHaveTheirOwnDivision() throws {
    let options = StepOptions(work: .decode, attention: .fused)
    func graph(tp: Int, dp: Int, ep: Int, etp: Int) throws -> LayerGraph {
      let plan = try ParallelPlan(tp: tp, dp: dp, ep: ep, etp: etp, batch: 8 * dp, sequence: 64)
      return try graphs(Self.windowed, plan, options)[0]
    }
    let inside = try graph(tp: 4, dp: 1, ep: 4, etp: 1)
    #expect(!inside.forward.contains { $0.role == .expertDispatch })
    // Up and down of one expert with their biases.
    let expert: Double = 256 * 128 + 128 + 64 * 256 + 256
    #expect(inside.weights.rank.experts == 2 * expert)
    let across = try graph(tp: 2, dp: 4, ep: 8, etp: 1)
    #expect(across.forward.contains { $0.role == .expertDispatch && $0.operation != .none })
    #expect(across.weights.rank.experts == expert)
    #expect(throws: ModelError.self) { try ParallelPlan(tp: 2, dp: 2, ep: 8, etp: 1, batch: 8, sequence: 64) }
    // The busiest experts' rows grow with the imbalance.
    let even = try ParallelPlan(ep: 1, batch: 64, sequence: 64)
    let rows = try [1, 2.5].map { factor in
      try graphs(Self.windowed, even.with(expertImbalance: factor), StepOptions())[0].forward
        .first { $0.role == .up }?.shape?.m ?? 0
    }
    #expect(rows == [1024, 2560])
  }

  /// Below 16 bits products alone are narrow: operands are cast, all else stays in bf16, and linear inputs are kept so.
  @Test func narrowProductsHaveCasts() throws {
    func graph(_ type: DataType, _ work: StepOptions.Work) throws -> LayerGraph {
      let plan = try ParallelPlan(tp: 2, batch: 1, sequence: 64, dtype: type)
      return try graphs(Self.parallel, plan, StepOptions(work: work, attention: .fused))[0]
    }
    let (wide, narrow) = (try graph(.bf16, .training), try graph(.fp8, .training))
    func casts(_ operations: [LayerOperation]) -> [String] {
      operations.filter { $0.role.rawValue.hasSuffix("_cast") }.map(\.name)
    }
    #expect(casts(wide.forward).isEmpty && casts(wide.backward).isEmpty)
    // A norm writes what the first products take in their type; the others' inputs are cast.
    #expect(casts(narrow.forward) == ["attn_proj_cast", "mlp2_cast"])
    #expect(
      casts(narrow.backward) == [
        "mlp2_cast_backward", "mlp1_cast_backward", "attn_proj_cast_backward", "qkv_linear_cast_backward",
      ])
    #expect(narrow.kept.total < wide.kept.total)
    for operation in narrow.forward {
      switch operation.operation {
      case .gemm(_, let type, _): #expect(type == .fp8)
      case .attention(_, let type): #expect(type == .bf16)
      default: break
      }
    }
    let plan = try ParallelPlan(batch: 1, sequence: 64, dtype: .bf16)
    var types = NumberTypes(for: .bf16)
    types.weight = .int4
    let packed = try graphs(Self.parallel, plan.with(types: types), StepOptions(work: .decode, attention: .fused))[0]
    #expect(packed.gemms.allSatisfy { $0.weightSize == WeightFormat.int4.size })
    #expect(WeightFormat.int4.size == (4 + 20.0 / 128) / 8 && WeightFormat.mxfp4.size == 0.53125)
  }

  /// A product whose weight is stored in fewer bits takes as much less as it reads less, where memory bounds it.
  @Test func storedWeightsShortenWhatMemoryBounds() throws {
    let device = SpecificationRoofline()
    let shape = try GEMMShape(m: 1, k: 4096, n: 4096)
    func seconds(_ size: Double?) throws -> Double {
      try device.predict(
        LayerOperation(.up, .forward, .gemm(shape, .bf16), after: [], weightSize: size)
      ).seconds
    }
    let bytes = shape.bytes(.bf16)
    #expect(abs(try seconds(1) / seconds(nil) - (bytes - 4096 * 4096) / bytes) < 1e-9)
    #expect(try seconds(4) > seconds(nil))
  }

  /// Blocks side by side leave the stream once: one norm, one exchange, one residual.
  @Test func parallelBlocksExchangeOnce() throws {
    let plan = try ParallelPlan(tp: 2, batch: 1, sequence: 64)
    let graph = try graphs(Self.parallel, plan, StepOptions(work: .training))[0]
    func communications(_ operations: [LayerOperation]) -> Int {
      operations.count { if case .communication = $0.operation { true } else { false } }
    }
    #expect(communications(graph.forward) == 1 && communications(graph.backward) == 1)
    #expect(graph.forward.map(\.name).filter { $0.hasPrefix("res") || $0.hasPrefix("ln") } == ["ln1", "res1"])
  }
}
