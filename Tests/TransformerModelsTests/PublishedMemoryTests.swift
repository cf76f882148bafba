import GEMMTiming
import ModelFiles
import Testing

@testable import TransformerModels

/// What training needs on one GPU, as others have published it.
@Suite struct PublishedMemoryTests {
  /// A model of Korthikanti et al., arXiv 2205.05198, table 3, with tensor-parallel degree 8 and sequences of 2048.
  private struct Published {
    let name: String
    let parameters: Double
    let pp, chunks, batch, microBatch: Int

    func plan() throws -> ParallelPlan {
      try ParallelPlan(tp: 8, pp: pp, microBatches: batch / microBatch, batch: batch, sequence: 2048, dtype: .fp16)
    }

    func options(_ recomputation: StepOptions.Recomputation, sequenceParallel: Bool) -> StepOptions {
      StepOptions(
        work: .training, schedule: chunks > 1 ? .interleaved(chunks: chunks) : .oneForwardOneBackward,
        recomputation: recomputation, sequenceParallel: sequenceParallel)
    }
  }

  private static let korthikanti = [
    Published(name: "megatron-22b", parameters: 22e9, pp: 1, chunks: 1, batch: 4, microBatch: 4),
    Published(name: "gpt3-175b", parameters: 175e9, pp: 8, chunks: 3, batch: 64, microBatch: 1),
    Published(name: "turing-530b", parameters: 530e9, pp: 35, chunks: 3, batch: 280, microBatch: 1),
    Published(name: "megatron-1t", parameters: 1e12, pp: 64, chunks: 1, batch: 512, microBatch: 1),
  ]

  @Test func parametersAreAsPublished() throws {
    for published in Self.korthikanti {
      let model = try ModelConfiguration(named: published.name)
      #expect(abs(model.parameters / published.parameters - 1) < 0.03)
    }
  }

  /// The first stage's activations of the whole step, §4.2–4.3 and 5 there: s·b·h·L/t·(34 + 5·a·s/h)·(1 + (p − 1)/(p·v))
  /// with sequence parallelism, and of the embedding s·b·h·p/t, and with one stage of the ends 4·s·b·h/t·(1 + vocabulary/h)
  /// besides.
  @Test func activationsAreAsPublished() throws {
    for published in Self.korthikanti {
      let model = try ModelConfiguration(named: published.name)
      let plan = try published.plan()
      let (s, b, h, t, p) = (2048.0, Double(published.microBatch), Double(model.hidden), 8.0, Double(published.pp))
      let scores = 5 * Double(model.heads) * s / h
      let inFlight = published.chunks > 1 ? 1 + (p - 1) / (p * Double(published.chunks)) : 1
      let perLayer: [(StepOptions.Recomputation, Bool, Double)] = [
        (.none, true, (34 + scores) / t), (.none, false, 10 + 24 / t + scores / t),
        (.selective, true, 34 / t), (.selective, false, 10 + 24 / t),
      ]
      for (recomputation, sequenceParallel, factor) in perLayer {
        let options = published.options(recomputation, sequenceParallel: sequenceParallel)
        let sharded = try ShardedModel(model: model, plan: plan, options: options)
        let order = StageOrder(stage: 0, stages: plan.pp, microBatches: plan.microBatches, options: options)
        // What a recomputed layer needs for a moment is no part of the formula.
        let kept = StageMemory(sharded: sharded, order: order).levels.map(\.after.total).max() ?? 0
        // Without sequence parallelism the ends are whole, but for the logits, which are always cut.
        let cut = sequenceParallel ? t : 1
        var formula = s * b * h * (Double(model.layers) * factor * inFlight + p / cut)
        if published.pp == 1 { formula += 4 * s * b * (h / cut + 51200 / t) }
        #expect(abs(kept / formula - 1) < 0.02, "\(published.name) \(recomputation) \(sequenceParallel)")
      }
    }
  }

  /// §5 there: selective recomputation saves 70 % of GPT-3's activations and 65 % of MT-NLG's.
  @Test(arguments: [("gpt3-175b", 0.70), ("turing-530b", 0.65)])
  func selectiveRecomputationSavesWhatIsPublished(name: String, saved: Double) throws {
    let model = try ModelConfiguration(named: name)
    let plan = try ParallelPlan(tp: 8, batch: 1, sequence: 2048, dtype: .fp16)
    func kept(_ recomputation: StepOptions.Recomputation) throws -> Double {
      let options = StepOptions(work: .training, recomputation: recomputation, sequenceParallel: true)
      return try LayerGraph(model: model, plan: plan, options: options).kept.total
    }
    #expect(abs(1 - (try kept(.selective) / kept(.none)) - saved) < 0.01)
  }

  /// Figure 1 there: weights, optimizer state and activations are more than an A100's 80 GB with tensor parallelism
  /// alone, and less with sequence parallelism and selective recomputation.
  @Test func presentWorkFitsWhereTheBaselineDoesNot() throws {
    for published in Self.korthikanti {
      let model = try ModelConfiguration(named: published.name)
      func total(_ recomputation: StepOptions.Recomputation, _ sequenceParallel: Bool) throws -> Double {
        let options = published.options(recomputation, sequenceParallel: sequenceParallel)
        return try MemoryEstimate(stage: 0, model: model, plan: published.plan(), options: options).total
      }
      #expect(try total(.none, false) > 80e9, "\(published.name)")
      #expect(try total(.selective, true) < 80e9, "\(published.name)")
    }
  }

  /// Measured peaks in GB: Qi et al., *Zero Bubble Pipeline Parallelism*, arXiv 2401.10241, tables 3 and 4.
  ///
  /// Pipelines alone on A100s, sequences of 1024; the first and the last stage have a layer less than the others, and
  /// interleaved every layer is a chunk. ZB-1p may keep as many activations as 1F1B, as ZB-H1 does.
  private struct MeasuredPeak: Sendable, CustomTestStringConvertible {
    let layers, heads, hidden, stages, microBatch, microBatches: Int
    let alternating, zeroBubble, interleaved: Double

    var testDescription: String { "\(layers) layers of \(hidden)" }
  }

  private static let measured = [
    MeasuredPeak(
      layers: 22, heads: 24, hidden: 2304, stages: 8, microBatch: 6, microBatches: 24, alternating: 30, zeroBubble: 32,
      interleaved: 40),
    MeasuredPeak(
      layers: 30, heads: 32, hidden: 4096, stages: 8, microBatch: 3, microBatches: 24, alternating: 39, zeroBubble: 42,
      interleaved: 48),
    MeasuredPeak(
      layers: 46, heads: 40, hidden: 5120, stages: 16, microBatch: 1, microBatches: 48, alternating: 32, zeroBubble: 33,
      interleaved: 39),
    MeasuredPeak(
      layers: 62, heads: 48, hidden: 6144, stages: 32, microBatch: 1, microBatches: 96, alternating: 43, zeroBubble: 44,
      interleaved: 58),
  ]

  @Test(arguments: measured)
  private func peaksAreWithinATenthOfMeasuredOnes(row: MeasuredPeak) throws {
    let model = try ModelConfiguration(
      name: "gpt", layers: row.layers, hidden: row.hidden, heads: row.heads, ffn: 4 * row.hidden, vocabulary: 50257,
      maximumPositions: 1024, positions: .learned, hasBiases: true, tiedEmbeddings: true, dropout: true)
    let most = (row.layers + 2) / row.stages
    let whole = [most - 1] + Array(repeating: most, count: row.stages - 2) + [most - 1]
    let single = [0] + Array(repeating: 1, count: row.layers) + [0]
    let cases: [(StepOptions.Schedule, [Int], Double)] = [
      (.oneForwardOneBackward, whole, row.alternating), (.zeroBubble, whole, row.zeroBubble),
      (.interleaved(chunks: most), single, row.interleaved),
    ]
    for (schedule, layers, gigabytes) in cases {
      let plan = try ParallelPlan(
        pp: row.stages, microBatches: row.microBatches, batch: row.microBatches * row.microBatch, sequence: 1024,
        layersOfParts: layers)
      let worst = try MemoryEstimate.worst(
        model: model, plan: plan, options: StepOptions(work: .training, schedule: schedule))
      #expect(abs(worst.total / (gigabytes * 1e9) - 1) < 0.1, "\(schedule): \(worst.total)")
    }
  }
}
