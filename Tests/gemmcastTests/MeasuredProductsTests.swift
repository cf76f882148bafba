import GEMMTiming
import ModelFiles
import Testing
import TransformerModels

@testable import gemmcast

@Suite struct ModelProductsTests {
  @Test func aModelsWeightsAreMeasuredWholeAndInPartsAndAsAStepMeetsThem() throws {
    let items = try MeasuredProducts(of: ModelConfiguration(named: "gpt2")).items
    let shapes = Set(items.map(\.shape))
    for rows in [1, 128] {
      #expect(shapes.contains(try GEMMShape(m: rows, k: 768, n: 3072)))
      // gpt2's 12 heads are cut in 2 and 4, not in 8.
      #expect(shapes.contains(try GEMMShape(m: rows, k: 3072 / 4, n: 768)))
      #expect(!shapes.contains(try GEMMShape(m: rows, k: 768, n: 768 / 8)))
    }
    // No product of attention, which has no weight.
    #expect(shapes.allSatisfy { min($0.k, $0.n) >= 192 && $0.batch == 1 })
    for shape in shapes {
      let own = items.filter { $0.shape == shape }
      #expect(own.map { "\($0.cache ?? .hot) \($0.layout ?? .nn)" } == ["hot nn", "sequence nn", "sequence nt"])
    }
  }
}
