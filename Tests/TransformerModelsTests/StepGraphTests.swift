import GEMMTiming
import SeededRandom
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct StepGraphTests {
  private static let layer0 = [
    "input", "broadcast_0", "layer0_ln1", "layer0_qkv_split", "layer0_q_linear", "layer0_attn_score",
    "layer0_attn_weights", "layer0_attn_out", "layer0_attn_gather", "layer0_attn_proj_split", "layer0_attn_proj",
    "layer0_attn_allreduce", "layer0_res1", "layer0_ln2", "layer0_mlp1_split", "layer0_mlp1", "layer0_gelu",
    "layer0_mlp2", "layer0_mlp_allreduce", "layer0_res2",
  ]

  private static let documentRest =
    ["send_layer0_to_layer1", "layer1_ln1", "layer1_qkv", "layer1_attn", "layer1_mlp"] + (2..<8).map { "layer\($0)" }
    + ["send_stage0_to_stage1", "receive_stage1"] + (8..<16).map { "layer\($0)" } + ["output"]

  @Test(arguments: ParallelPlan.Sharding.allCases)
  func pathIsTheDocuments(sharding: ParallelPlan.Sharding) throws {
    let estimate = try StepEstimate(
      model: .reference, plan: ParallelPlan.reference.with(sharding: sharding), timeModel: SpecificationRoofline())
    let path = estimate.pass.path(estimate.criticalPath.tasks, level: .document)
    #expect(path.map(\.name) == Self.layer0 + Self.documentRest)
    #expect(abs(path.reduce(0) { $0 + $1.seconds } / estimate.criticalPath.length - 1) < 1e-12)
  }

  @Test func pathIsTheDocumentsWithoutAnyTime() throws {
    let free = SpecificationRoofline(flops: .infinity, bandwidth: .infinity, communicates: false)
    let estimate = try StepEstimate(model: .reference, plan: .reference, timeModel: free)
    #expect(estimate.criticalPath.length == 0)
    let path = estimate.pass.path(estimate.criticalPath.tasks, level: .document)
    #expect(path.map(\.name) == Self.layer0 + Self.documentRest)
  }

  @Test func pathLevelsFoldTheSameNodes() throws {
    let estimate = try StepEstimate(model: .reference, plan: .reference, timeModel: SpecificationRoofline())
    let nodes = estimate.criticalPath.tasks
    for level in PathLevel.allCases {
      let segments = estimate.pass.path(nodes, level: level)
      #expect(segments.flatMap(\.nodes) == nodes)
    }
    #expect(estimate.pass.path(nodes, level: .op).count == nodes.count)
    #expect(
      estimate.pass.path(nodes, level: .layer).map(\.name)
        == ["input", "broadcast_0"] + (0..<8).map { "layer\($0)" } + ["send_stage0_to_stage1", "receive_stage1"]
        + (8..<16).map { "layer\($0)" } + ["output"])
    #expect(
      estimate.pass.path(nodes, level: .block).map(\.name)[2...7]
        == ["layer0_ln1", "layer0_qkv", "layer0_attn", "layer0_mlp", "send_layer0_to_layer1", "layer1_ln1"])
  }

  @Test func everyNodeHasItsNameOnce() throws {
    let graph = try StepGraph(model: .reference, plan: .reference, timeModel: SpecificationRoofline())
    let names = (0..<graph.nodeCount).map { graph.name(of: $0) }
    #expect(Set(names).count == names.count)
    // 16 layers of 20, 14 sends inside stages, one between, its receipt, input, broadcast and output.
    #expect(names.count == 16 * 20 + 14 + 5)
    #expect(names.contains("layer15_v_linear") && names.contains("send_layer14_to_layer15"))
    #expect(!names.contains("send_layer7_to_layer8"))
  }

  @Test func criticalPathIsTheSumOfItsOperations() throws {
    let model = SpecificationRoofline()
    let estimate = try StepEstimate(model: .reference, plan: .reference, timeModel: model)
    // Key and value stand beside the query; all else of a layer is in a row.
    let row = estimate.kinds[0].forward.filter { $0.operation.role != .key && $0.operation.role != .value }
    var expected = 16 * row.reduce(0) { $0 + $1.prediction.seconds }
    let stream = 10_240_000.0 * 8192 * 2
    expected += stream / model.linkBandwidth  // broadcast
    expected += stream / 8 / model.networkBandwidth + stream / model.linkBandwidth  // send and gather
    #expect(abs(estimate.criticalPath.length / expected - 1) < 1e-12)
    // One stream computes query, key and value one after the other.
    let onStreams =
      expected + 16 * 2 * (estimate.kinds[0].forward.first { $0.operation.role == .key }?.prediction.seconds ?? 0)
    #expect(abs(estimate.schedule.makespan / onStreams - 1) < 1e-12)
    #expect(abs(estimate.totals.schedule.low / onStreams - 0.9) < 1e-12)
    #expect(abs(estimate.totals.schedule.high / onStreams - 1.1) < 1e-12)
  }

  @Test func documentTotalIsItsFormula() throws {
    let estimate = try StepEstimate(
      model: .reference, plan: ParallelPlan.reference.with(sharding: .documented), timeModel: SpecificationRoofline())
    let document = estimate.totals.document
    #expect(document.slowest.operation.role == .score)
    #expect(document.passes == 1)
    let slowest = estimate.gemms.map(\.prediction.seconds).max() ?? 0
    #expect(document.layerRuntime.seconds == slowest)
    #expect(document.total.seconds == 16 * slowest + document.pipelineOverhead.seconds)
    #expect(document.pipelineOverhead.seconds == 10_240_000.0 * 8192 * 2 / 25e9)
  }

  /// Stream order fixes the schedule, so a list scheduler that serves each stream one operation at a time finds it too.
  @Test func longestPathOnStreamsIsTheListSchedule() throws {
    let model = try ModelConfiguration.llama8B
    let plan = try ParallelPlan(tp: 4, pp: 4, microBatches: 6, batch: 12, sequence: 512, gpusPerNode: 4)
    let step = try StepGraph(model: model, plan: plan, timeModel: SpecificationRoofline(launch: 3e-6))
    let schedule = StepSchedule(step)
    let list = Schedule(step.graph)
    #expect(schedule.makespan == list.makespan)
    #expect(schedule.path.earliestStart == list.start)
  }

  @Test func forwardPipelineHasItsClosedForm() throws {
    let model = try ModelConfiguration(name: "plain", layers: 24, hidden: 64, heads: 4, ffn: 256)
    let time = SpecificationRoofline(communicates: false)
    for pp in [1, 2, 3, 4, 6] {
      for microBatches in [1, 2, 5, 16] {
        let plan = try ParallelPlan(pp: pp, microBatches: microBatches, batch: microBatches, sequence: 128)
        let estimate = try StepEstimate(model: model, plan: plan, timeModel: time)
        let layer = estimate.kinds[0].forward.reduce(0) { $0 + $1.prediction.seconds }
        let expected = Double(24 / pp * (microBatches + pp - 1)) * layer
        #expect(abs(estimate.schedule.makespan / expected - 1) < 1e-9)
        let analysis = try StepAnalysis(estimate, timeModel: time)
        #expect(abs(analysis.bubble - analysis.uniformBubble) < 1e-9)
      }
    }
  }

  @Test func schedulesKeepTheirBounds() throws {
    var random = SplitMix64(seed: 3)
    let model = try ModelConfiguration(name: "plain", layers: 11, hidden: 64, heads: 4, ffn: 256, vocabulary: 1000)
    for _ in 0..<30 {
      let tp = [1, 2, 4].randomElement(using: &random) ?? 1
      let microBatches = Int.random(in: 1...6, using: &random)
      let plan = try ParallelPlan(
        tp: tp, pp: Int.random(in: 1...5, using: &random), microBatches: microBatches, batch: microBatches,
        sequence: 64)
      let estimate = try StepEstimate(
        model: model, plan: plan, timeModel: SpecificationRoofline(launch: Double.random(in: 0...1e-5, using: &random)))
      #expect(estimate.schedule.makespan >= estimate.criticalPath.length)
      for busy in estimate.schedule.busy.joined() { #expect(estimate.schedule.makespan >= busy * (1 - 1e-12)) }
      #expect(estimate.schedule.idle.allSatisfy { $0 >= 0 })
      let chain = estimate.schedule.chain.reduce(0) { $0 + estimate.step.graph.durations[$1] }
      #expect(abs(chain - estimate.schedule.makespan) <= 1e-12 * chain)
    }
  }

  @Test func unsupportedElementTypeIsNamed() throws {
    let plan = try ParallelPlan.reference.with(dtype: .fp8)
    #expect(throws: ModelError.self) {
      try StepEstimate(model: .reference, plan: plan, timeModel: SpecificationRoofline())
    }
  }
}
