import Testing

@testable import TransformerModels

@Suite struct ModelConfigurationTests {
  @Test func referenceIsABareStack() {
    let model = ModelConfiguration.reference
    #expect(model.attention?.queryWidth == 8192 && model.headDimension == 512)
    let square = 8192.0 * 8192.0
    let layer: Double = 12 * square + 4 * 8192
    #expect(model.parameters == 16 * layer)
  }
}
