import GEMMTiming
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct ParallelPlanTests {
  @Test func sizesThatNoPlanCanHave() {
    for value in [0, -1, Int.min, GEMMShape.maximumExtent + 1, Int.max] {
      #expect(throws: ModelError.self) { try ParallelPlan(tp: value, batch: 1, sequence: 1) }
      #expect(throws: ModelError.self) { try ParallelPlan(pp: value, batch: 1, sequence: 1) }
      #expect(throws: ModelError.self) { try ParallelPlan(dp: value, batch: 1, sequence: 1) }
      #expect(throws: ModelError.self) { try ParallelPlan(microBatches: value, batch: 1, sequence: 1) }
      #expect(throws: ModelError.self) { try ParallelPlan(batch: value, sequence: 1) }
      #expect(throws: ModelError.self) { try ParallelPlan(batch: 1, sequence: value) }
    }
    #expect(throws: ModelError.tooLarge(name: "batch × seq")) {
      try ParallelPlan(batch: 1 << 30, sequence: 1 << 30)
    }
    #expect(throws: ModelError.tooLarge(name: "tp × cp × pp × dp")) {
      try ParallelPlan(tp: 1 << 30, pp: 1 << 30, batch: 1, sequence: 1)
    }
  }

  /// What one GPU computes at once is what counts, not the whole batch's scores.
  @Test func longSequencesAreAllowed() throws {
    let plan = try ParallelPlan(tp: 8, dp: 8, microBatches: 32, batch: 256, sequence: 131_072)
    let layer = try LayerGraph(model: .llama8B, plan: plan, options: StepOptions(work: .training, attention: .fused))
    // 4 of 32 heads of 128 elements: two products of 2 operations for each pair up to the diagonal.
    let pairs = 131_072.0 * 131_073 / 2
    let attention = layer.forward.first { $0.role == .fusedAttention }
    #expect(attention?.flops == 4 * pairs * 4 * 128)
    _ = try LayerGraph(model: .reference, plan: ParallelPlan.reference.with(batch: 12000))
    let wide = try ParallelPlan(batch: 1 << 19, sequence: 1 << 20)
    #expect(
      try StepEstimate(model: .reference, plan: wide, timeModel: SpecificationRoofline()).schedule.makespan.isFinite)
  }

  @Test func trainingInInt8IsRefused() throws {
    let plan = try ParallelPlan(batch: 1, sequence: 8, dtype: .int8)
    #expect(throws: ModelError.self) { try plan.validate(.reference, options: StepOptions(work: .training)) }
    #expect(plan.types.activation == .bf16 && plan.types.weight == .plain(.int8))
    #expect(try plan.with(dtype: .bf16).validate(.reference).isEmpty)
  }

  @Test func trainingInFP8IsNotedAsSparselyChecked() throws {
    let plan = try ParallelPlan(batch: 1, sequence: 8, dtype: .fp8)
    let note = PlanNote.sparselyCheckedTraining(.fp8)
    #expect(try plan.validate(.reference, options: StepOptions(work: .training)).contains(note))
    #expect(try !plan.validate(.reference, options: StepOptions(work: .prefill)).contains(note))
    #expect(try !plan.with(dtype: .bf16).validate(.reference, options: StepOptions(work: .training)).contains(note))
  }

  @Test func kernelsThatAreNotTheUsualOnesAreNoted() throws {
    let plan = try ParallelPlan(tp: 8, batch: 1, sequence: 8)
    let notes = try plan.validate(.llama8B)
    #expect(notes.contains(.unfusedAttention))
    // 4 of 32 query heads and 1 of 8 key and value heads of 128 elements each are one product, or three where asked.
    let fused = try LayerGraph(model: .llama8B, plan: plan).gemms
    #expect(fused.first?.role == .queryKeyValue && fused.first?.shape?.n == 768)
    var options = StepOptions()
    options.separatesProjections = true
    let separate = try LayerGraph(model: .llama8B, plan: plan, options: options).gemms
    #expect(separate.prefix(3).map(\.role) == [.query, .key, .value])
    #expect(separate.prefix(3).compactMap(\.shape?.n) == [512, 128, 128])
    #expect(try !plan.validate(.llama8B, options: StepOptions(attention: .fused)).contains(.unfusedAttention))
  }

  @Test func batchMustDivide() {
    #expect(throws: ModelError.doesNotDivide(divisor: "dp", value: 3, dividend: "batch", of: 8)) {
      try ParallelPlan(dp: 3, batch: 8, sequence: 1)
    }
    #expect(throws: ModelError.doesNotDivide(divisor: "micro-batches", value: 3, dividend: "batch / dp", of: 4)) {
      try ParallelPlan(dp: 2, microBatches: 3, batch: 8, sequence: 1)
    }
    let error = ModelError.doesNotDivide(divisor: "tp", value: 7, dividend: "heads", of: 16)
    #expect(error.description == "tp is 7 and does not divide heads, which is 16; 4 or 8 would")
  }

  @Test func tensorParallelismMustDivideTheModel() throws {
    let model = try ModelConfiguration(name: "m", layers: 4, hidden: 96, heads: 12, keyValueHeads: 6, ffn: 100)
    func validate(_ tp: Int) throws { try ParallelPlan(tp: tp, batch: 1, sequence: 8).validate(model) }
    try validate(1)
    try validate(2)
    #expect(throws: ModelError.doesNotDivide(divisor: "tp", value: 5, dividend: "heads", of: 12)) { try validate(5) }
    #expect(throws: ModelError.doesNotDivide(divisor: "tp", value: 3, dividend: "ffn", of: 100)) { try validate(3) }
    #expect(throws: ModelError.doesNotDivide(divisor: "tp", value: 4, dividend: "key-value heads", of: 6)) {
      try validate(4)
    }
  }

  @Test func unevenStagesAreAllowedAndNoted() throws {
    let plan = try ParallelPlan(pp: 3, microBatches: 3, batch: 3, sequence: 8)
    #expect(try plan.validate(.reference) == [.unevenStages(fullest: 6, emptiest: 5)])
    #expect((0..<3).map { plan.layerCount(ofPart: $0, parts: 3, layers: 16) } == [6, 5, 5])
    #expect((0..<3).map { plan.firstLayer(ofPart: $0, parts: 3, layers: 16) } == [0, 6, 11])
    #expect(throws: ModelError.moreStagesThanLayers(stages: 17, layers: 16)) {
      try ParallelPlan(pp: 17, batch: 1, sequence: 8).validate(.reference)
    }
  }

  @Test func layersCanBePlacedPartByPart() throws {
    let plan = try ParallelPlan(pp: 4, microBatches: 4, batch: 4, sequence: 8, layersOfParts: [3, 5, 6, 2])
    #expect(try plan.validate(.reference) == [.unevenStages(fullest: 6, emptiest: 2)])
    let step = try StepGraph(model: .reference, plan: plan, timeModel: SpecificationRoofline(), microBatches: 1)
    let firsts = (0..<4).map { stage in
      (0..<step.nodeCount).filter { step.stage(of: $0) == stage }.compactMap { step.layer(of: $0) }.min()
    }
    #expect(firsts == [0, 3, 8, 14])
    #expect(Set((0..<step.nodeCount).map { step.name(of: $0) }).count == step.nodeCount)
    // A stage without layers hands on what it receives.
    let empty = try plan.with(layersOfParts: [0, 8, 8, 0])
    let bare = try StepEstimate(
      model: .reference, plan: empty, options: StepOptions(work: .training, schedule: .oneForwardOneBackward),
      timeModel: SpecificationRoofline())
    #expect(bare.schedule.busy[0][Stream.compute.rawValue] < bare.schedule.busy[1][Stream.compute.rawValue] / 1000)
    for wrong in [[4, 4, 4], [4, 4, 4, 5], [16, 0, 0, 0, 0]] {
      #expect(throws: ModelError.self) { try plan.with(layersOfParts: wrong).validate(.reference) }
    }
    for wrong in [[-1, 5, 6, 6], [Int.max, 1, 1, 1], [Int.min]] {
      #expect(throws: ModelError.self) { try plan.with(layersOfParts: wrong) }
    }
  }

  @Test func aLongModelOrPlanEndsInAnError() throws {
    #expect(throws: ModelError.self) {
      try ModelConfiguration(name: "m", layers: Int.max, hidden: 8, heads: 1, ffn: 8)
    }
    let long = try ModelConfiguration(
      name: "m", layers: ModelConfiguration.maximumLayers, hidden: 8, heads: 1, ffn: 8)
    let plan = try ParallelPlan(microBatches: 1 << 30, batch: 1 << 30, sequence: 1)
    #expect(throws: ModelError.self) {
      try StepGraph(model: long, plan: plan, timeModel: SpecificationRoofline())
    }
  }

  @Test func productsThatOverflowAreErrors() throws {
    #expect(throws: ModelError.self) {
      let wide = try ModelConfiguration(
        name: "m", layers: 1, hidden: 1 << 40, heads: 1 << 20, ffn: 1 << 40, gated: true)
      _ = try LayerGraph(model: wide, plan: ParallelPlan(batch: 1, sequence: 1))
    }
    let plan = try ParallelPlan(batch: 1 << 20, sequence: 1 << 10)
    #expect(throws: ModelError.self) {
      let heads = try ModelConfiguration(
        name: "m", layers: 1, hidden: 1 << 20, heads: 1 << 20, keyValueHeads: 1, ffn: 1)
      _ = try LayerGraph(model: heads, plan: plan.with(sequence: 1 << 10, sharding: .megatron))
      _ = try LayerGraph(model: heads, plan: ParallelPlan(batch: 1, sequence: 1 << 20))
      _ = try LayerGraph(model: heads, plan: ParallelPlan(batch: 1, sequence: (1 << 20) + 1))
    }
  }
}
