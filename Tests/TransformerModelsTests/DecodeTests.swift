import GEMMTiming
import ModelFiles
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct DecodeTests {
  private let options = StepOptions(work: .decode)

  @Test func decodingComputesOneTokenAgainstAllKeys() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let plan = try ParallelPlan(tp: 4, batch: 6, sequence: 1000)
    let layer = try LayerGraph(model: model, plan: plan, options: options)
    let shapes = Dictionary(layer.gemms.map { ($0.role, $0.shape) }, uniquingKeysWith: { first, _ in first })
    #expect(shapes[.queryKeyValue] == (try GEMMShape(m: 6, k: 4096, n: 1024 + 2 * 256)))
    #expect(shapes[.score] == (try GEMMShape(m: 4, k: 128, n: 1000, batch: 12)))
    #expect(shapes[.attentionOutput] == (try GEMMShape(m: 4, k: 1000, n: 128, batch: 12)))
    let fused = try LayerGraph(
      model: model, plan: plan, options: StepOptions(work: .decode, attention: .fused))
    let attention = fused.forward.first { $0.role == .fusedAttention }
    // Every query–key pair counts: the one query sees all keys.
    #expect(attention?.flops == 4.0 * 6 * 8 * 1000 * 128)
  }

  @Test func cacheHoldsAllSequences() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let plan = try ParallelPlan(tp: 4, microBatches: 2, batch: 6, sequence: 1000)
    let estimate = try MemoryEstimate(stage: 0, model: model, plan: plan, options: options)
    #expect(estimate[.cache] == 2 * 2 * 6 * 1000 * 1024 * 32 / 4)
    let prefill = try MemoryEstimate(stage: 0, model: model, plan: plan)
    #expect(prefill[.cache] == 0 && prefill[.activations] > estimate[.activations])
  }

  @Test func decodingIsMuchFasterThanPrefill() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let plan = try ParallelPlan(tp: 4, pp: 2, microBatches: 2, batch: 4, sequence: 2048)
    let time = SpecificationRoofline(launch: 2e-6)
    let decode = try StepEstimate(model: model, plan: plan, options: options, timeModel: time)
    let prefill = try StepEstimate(model: model, plan: plan, timeModel: time)
    #expect(decode.schedule.makespan < prefill.schedule.makespan / 10)
    // All weights of a stage are read for each micro-batch, whatever it holds.
    let read = try MemoryEstimate(stage: 1, model: model, plan: plan, options: options)[.weights] / time.bandwidth
    #expect(decode.schedule.makespan > 2 * read)
  }

  @Test func onlyTheNewTokensCount() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let plan = try ParallelPlan(tp: 4, microBatches: 2, batch: 4, sequence: 1000)
    let decode = try StepAnalysis.FlopsAudit(model: model, plan: plan, work: .decode)
    let prefill = try StepAnalysis.FlopsAudit(model: model, plan: plan)
    #expect(abs(decode.whole * 1000 / prefill.whole - 1) < 1e-12)
  }

  @Test func sequenceParallelismIsRefused() throws {
    let plan = try ParallelPlan(tp: 4, batch: 4, sequence: 2048)
    #expect(throws: ModelError.self) {
      try plan.validate(.reference, options: StepOptions(work: .decode, sequenceParallel: true))
    }
  }
}
