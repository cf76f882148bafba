import GEMMTiming
import ModelFiles
import Testing

@testable import TransformerModels

@Suite struct RuntimeReserveTests {
  private func reserve(_ plan: ParallelPlan, _ options: StepOptions) throws -> RuntimeReserve {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    return RuntimeReserve(
      beside: try MemoryEstimate.worst(model: model, plan: plan, options: options), plan: plan, options: options)
  }

  @Test func everyGroupOfSeveralHasBuffers() throws {
    let plan = try ParallelPlan(tp: 4, pp: 2, dp: 2, microBatches: 2, batch: 8, sequence: 512)
    let training = try reserve(plan, StepOptions(work: .training))
    #expect(training.groups == 3 && training[.exchanges] == 3 * 480 * 1_048_576)
    // Replicas that only compute have nothing to exchange.
    #expect(try reserve(plan, StepOptions(work: .prefill)).groups == 2)
    let alone = try reserve(ParallelPlan(batch: 8, sequence: 512), StepOptions(work: .prefill))
    #expect(alone.groups == 0 && alone[.exchanges] == 0)
  }

  @Test func whatStaysLeavesNoGaps() throws {
    let options = StepOptions(work: .decode, attention: .fused)
    let short = try reserve(ParallelPlan(batch: 8, sequence: 512), options)
    #expect(try reserve(ParallelPlan(batch: 8, sequence: 4096), options) == short)
    #expect(try reserve(ParallelPlan(batch: 16, sequence: 512), options)[.fragmentation] == 2 * short[.fragmentation])
    #expect(short.total == RuntimeReserve.Part.allCases.map { short[$0] }.reduce(0, +))
  }

  /// The reserve is said beside: it changes neither what is needed nor whether that fits.
  @Test func theReserveIsBeside() throws {
    let plan = ParallelPlan.reference
    let needed = try MemoryEstimate.worst(model: .reference, plan: plan).total
    let tight = try MemoryVerdict(model: .reference, plan: plan, capacity: needed)
    #expect(tight.worst.total == needed && tight.fits && !tight.fitsWithReserve)
    let wide = try MemoryVerdict(model: .reference, plan: plan, capacity: tight.neededWithReserve)
    #expect(wide.fitsWithReserve)
    let host = try MemoryVerdict(model: .reference, plan: plan, capacity: needed, isHost: true)
    #expect(host.fitsWithReserve && host.reserve.total == 0)
  }
}

@Suite struct KeptTensorsTests {
  /// By operation as by kind.
  @Test(arguments: StepOptions.Recomputation.allCases)
  func operationsKeepWhatTheLayerKeeps(recomputation: StepOptions.Recomputation) throws {
    for name in ["gpt3-175b", "llama-3.1-8b", "mixtral-8x7b"] {
      let model = try ModelConfiguration(named: name)
      let plan = try ParallelPlan(tp: 2, batch: 2, sequence: 1024)
      let options = StepOptions(work: .training, recomputation: recomputation)
      let layer = try LayerGraph(model: model, plan: plan, options: options)
      let sum = layer.keptTensors.reduce(0) { $0 + $1.bytes }
      #expect(abs(sum / layer.kept.total - 1) < 1e-12, "\(name)")
      #expect(Set(layer.keptTensors.map(\.operation)).count == layer.keptTensors.count)
    }
  }

  @Test func onlyTrainingKeepsAnything() throws {
    let plan = try ParallelPlan(batch: 2, sequence: 64)
    #expect(try LayerGraph(model: .reference, plan: plan).keptTensors.isEmpty)
  }
}
