import GEMMTiming
import HostCalibration
import ModelFiles
import Testing
import TransformerModels

@testable import LayerReplay

@Suite struct MemoryNeedTests {
  private func need(_ model: ModelConfiguration, batch: Int = 1, sequence: Int, tp: Int = 1) throws -> MemoryNeed {
    try MemoryNeed(
      ReplayRequest(
        model: model, plan: try ParallelPlan(tp: tp, batch: batch, sequence: sequence, dtype: .fp32),
        options: StepOptions(), layers: 1, weights: .outIn, seed: 1, budget: 1))
  }

  private func topology(memory: Int?) throws -> HostTopology {
    var topology = try HostTopology.discover()
    (topology.memoryAvailable, topology.memoryLimit) = (memory, nil)
    return topology
  }

  @Test func aLayersWeightsAreThoseOfItsParameters() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    // Attention 4096·(4096 + 1024 + 1024 + 4096), MLP 3·4096·14336.
    let parameters = Double(4096 * (4096 + 1024 + 1024 + 4096) + 3 * 4096 * 14336)
    let found = try need(model, sequence: 16).layer
    #expect(found > 4 * parameters && found < 4.01 * parameters)
    // Two ranks hold the same together.
    #expect(abs(try need(model, sequence: 16, tp: 2).layer / found - 1) < 0.01)
  }

  @Test func layersAreAsManyAsCachesAreFilledBy() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let need = try need(model, sequence: 16)
    var topology = try topology(memory: 1 << 40)
    let cold = Int((MemoryNeed.coldBytes(topology) / need.layer).rounded(.up))
    #expect(try need.layers(asked: nil, most: 32, limit: nil, topology: topology) == max(2, cold))
    #expect(try need.layers(asked: nil, most: 1, limit: nil, topology: topology) == 1)
    #expect(try need.layers(asked: 7, most: 32, limit: nil, topology: topology) == 7)
    #expect(need.isCold(layers: max(2, cold), topology: topology))
    // Without a word on memory there is no limit.
    topology.memoryAvailable = nil
    #expect(try need.layers(asked: 7, most: 32, limit: nil, topology: topology) == 7)
  }

  @Test func whatDoesNotFitSaysWhatWould() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let need = try need(model, sequence: 16)
    let topology = try topology(memory: 4 << 30)
    #expect {
      _ = try need.layers(asked: 9, most: 32, limit: nil, topology: topology)
    } throws: { error in
      let error = error as? ReplayError
      return error?.exitCode == 71 && error?.description.contains("--layers 4 would fit") == true
        && error?.description.contains("can be had here") == true
    }
    #expect {
      _ = try need.layers(asked: nil, most: 32, limit: 0x1p30, topology: topology)
    } throws: { error in
      let error = error as? ReplayError
      return error?.exitCode == 65 && error?.description.contains("--max-memory is 1.0 GiB") == true
    }
  }

  /// Sizes that no integer holds are told all the same.
  @Test func noSizeIsTooLargeToBeRefused() throws {
    let model = try ModelConfiguration(
      name: "vast", layers: 8, hidden: 1 << 36, heads: 1, ffn: 1 << 38, normalization: .rmsNorm)
    let need = try need(model, batch: 1 << 10, sequence: 1 << 30)
    #expect(throws: ReplayError.self) {
      try need.layers(asked: nil, most: 8, limit: nil, topology: try topology(memory: 1 << 40))
    }
  }
}
