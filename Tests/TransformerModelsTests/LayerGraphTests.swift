import GEMMTiming
import ModelFiles
import SeededRandom
import Testing

@testable import TransformerModels

@Suite struct ShardedLayerTests {
  /// The eight entries of the reference document, in its order.
  private static let documentShapes = [
    (10_240_000, 1024, 1024), (10_240_000, 1024, 1024), (10_240_000, 1024, 1024), (20_480_000, 512, 10_000),
    (20_480_000, 10_000, 512), (10_240_000, 1024, 1024), (10_240_000, 1024, 4096), (10_240_000, 4096, 1024),
  ]

  @Test func documentedShardingGivesTheDocumentsShapes() throws {
    let layer = try LayerGraph(model: .reference, plan: ParallelPlan.reference.with(sharding: .documented))
    let printed = layer.gemms.compactMap(\.printedShape)
    #expect(printed.map(\.m) == Self.documentShapes.map(\.0))
    #expect(printed.map(\.k) == Self.documentShapes.map(\.1))
    #expect(printed.map(\.n) == Self.documentShapes.map(\.2))
    #expect(printed.allSatisfy { $0.batch == 1 })
    #expect(
      layer.gemms.map(\.role)
        == [.query, .key, .value, .score, .attentionOutput, .projection, .up, .down])
  }

  @Test func scoresAreCostedBatched() throws {
    let layer = try LayerGraph(model: .reference, plan: ParallelPlan.reference.with(sharding: .documented))
    let score = layer.gemms.first { $0.role == .score }
    let output = layer.gemms.first { $0.role == .attentionOutput }
    #expect(score?.shape == (try GEMMShape(m: 10_000, k: 512, n: 10_000, batch: 2048)))
    #expect(output?.shape == (try GEMMShape(m: 10_000, k: 10_000, n: 512, batch: 2048)))
  }

  @Test func megatronShardingOfTheReference() throws {
    let layer = try LayerGraph(model: .reference, plan: .reference)
    let expected: [OperationRole: (Int, Int)] = [
      .query: (8192, 1024), .projection: (1024, 8192), .up: (8192, 4096), .down: (4096, 8192),
    ]
    for (role, (k, n)) in expected {
      let shape = layer.gemms.first { $0.role == role }?.shape
      #expect(shape == (try GEMMShape(m: 10_240_000, k: k, n: n)))
    }
  }

  @Test func namesAreTheDocuments() throws {
    let layer = try LayerGraph(model: .reference, plan: .reference)
    #expect(
      layer.forward.map(\.name) == [
        "ln1", "qkv_split", "q_linear", "k_linear", "v_linear", "attn_score", "attn_weights", "attn_out",
        "attn_gather", "attn_proj_split", "attn_proj", "attn_allreduce", "res1", "ln2", "mlp1_split", "mlp1", "gelu",
        "mlp2", "mlp_allreduce", "res2",
      ])
  }

  @Test func dependenciesPointBackwards() throws {
    for model in try ModelConfiguration.builtIn {
      let plan = try ParallelPlan(tp: 2, batch: 4, sequence: 64)
      for options in [StepOptions(), StepOptions(attention: .fused, sequenceParallel: true)] {
        let layer = try LayerGraph(model: model, plan: plan, options: options)
        for (position, operation) in layer.forward.enumerated() {
          #expect(!operation.dependencies.isEmpty)
          #expect(operation.dependencies.allSatisfy { $0 >= LayerOperation.entry && $0 < position })
        }
      }
    }
  }

  /// Random models and plans: what all ranks and micro-batches do together is the unsharded layer's work.
  @Test func megatronFlopsAddUpToTheModels() throws {
    var random = SplitMix64(seed: 11)
    for _ in 0..<200 {
      let tp = [1, 2, 4, 8].randomElement(using: &random) ?? 1
      let groups = [1, 2, 4].randomElement(using: &random) ?? 1
      let keyValueHeads = tp * Int.random(in: 1...3, using: &random)
      let model = try ModelConfiguration(
        name: "random", layers: 1, hidden: 8 * tp * Int.random(in: 1...64, using: &random),
        heads: keyValueHeads * groups, keyValueHeads: keyValueHeads,
        headDimension: Int.random(in: 1...128, using: &random), ffn: tp * Int.random(in: 1...500, using: &random),
        gated: Bool.random(using: &random))
      let (dp, microBatches) = (Int.random(in: 1...3, using: &random), Int.random(in: 1...4, using: &random))
      let batch = dp * microBatches * Int.random(in: 1...4, using: &random)
      let plan = try ParallelPlan(
        tp: tp, dp: dp, microBatches: microBatches, batch: batch, sequence: Int.random(in: 1...300, using: &random))
      let (tokens, sequence) = (Double(plan.batch * plan.sequence), Double(plan.sequence))
      let (h, q, kv) = (
        Double(model.hidden), Double(model.heads * model.headDimension),
        Double(model.keyValueHeads * model.headDimension)
      )
      let linear = 2 * tokens * (2 * h * q + 2 * h * kv + (model.mlp?.isGated == true ? 3 : 2) * Double(model.ffn) * h)
      let attention = 4 * tokens * sequence * q
      let audit = try StepAnalysis.FlopsAudit(model: model, plan: plan)
      #expect(abs(audit.megatron / (linear + attention) - 1) < 1e-12)
      #expect(abs(audit.linear / linear - 1) < 1e-12)
      #expect(abs(audit.attention / attention - 1) < 1e-12)
      // The documented shapes cut the linear layers' flops by tp once more.
      #expect(abs(audit.documented / (linear / Double(tp) + attention) - 1) < 1e-12)
    }
  }

  @Test func groupedQueryAttentionFoldsHeadsIntoRows() throws {
    let model = try ModelConfiguration.llama8B
    let layer = try LayerGraph(model: model, plan: ParallelPlan(tp: 4, batch: 3, sequence: 100))
    let shapes = Dictionary(
      layer.gemms.map { ($0.role, $0.shape) }, uniquingKeysWith: { first, _ in first })
    #expect(shapes[.queryKeyValue] == (try GEMMShape(m: 300, k: 4096, n: 1024 + 2 * 256)))
    #expect(shapes[.score] == (try GEMMShape(m: 400, k: 128, n: 100, batch: 6)))
    #expect(shapes[.up] == (try GEMMShape(m: 300, k: 4096, n: 7168)))
    #expect(layer.forward.contains { $0.name == "rope" })
    #expect(layer.forward.contains { $0.name == "swiglu" })
  }

  @Test func expertsShareTheTokens() throws {
    let model = try ModelConfiguration.mixtral8x7B
    let layer = try LayerGraph(model: model, plan: ParallelPlan(tp: 2, batch: 1, sequence: 1000))
    let up = layer.gemms.first { $0.role == .up }
    #expect(up?.shape == (try GEMMShape(m: 250, k: 4096, n: 14336, batch: 8)))
    #expect(layer.gemms.first { $0.role == .router }?.shape == (try GEMMShape(m: 1000, k: 4096, n: 8)))
  }

  @Test func keyValueHeadsAreReplicated() throws {
    let model = try ModelConfiguration(named: "llama-3.1-70b")
    let plan = try ParallelPlan(tp: 16, batch: 1, sequence: 128)
    let layer = try LayerGraph(model: model, plan: plan)
    #expect(layer.gemms.first { $0.role == .queryKeyValue }?.shape?.n == 4 * 128 + 2 * 128)
    #expect(try plan.validate(model).contains(.replicatedKeyValueHeads(tp: 16, keyValueHeads: 8)))
  }

  @Test func sequenceParallelismExchangesTheSameBytes() throws {
    let plain = try LayerGraph(model: .reference, plan: .reference)
    let cut = try LayerGraph(
      model: .reference, plan: .reference, options: StepOptions(sequenceParallel: true))
    func bytes(_ layer: LayerGraph, _ kinds: Set<Communication.Kind>) -> [Double] {
      layer.forward.compactMap {
        if case .communication(let exchange) = $0.operation, kinds.contains(exchange.kind) {
          exchange.bytes
        } else {
          nil
        }
      }
    }
    #expect(bytes(plain, [.allReduce]).count == 2)
    #expect(bytes(cut, [.allReduce]).isEmpty)
    #expect(bytes(cut, [.allGather]) == bytes(plain, [.allReduce]))
    #expect(bytes(cut, [.reduceScatter]) == bytes(plain, [.allReduce]))
  }
}
