import GEMMTiming
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct SourceSharesTests {
  /// A roofline whose times are from different sources by what is asked.
  private struct Sourced: GEMMTimeModel {
    let roofline = SpecificationRoofline(launch: 2e-6)
    let gemms: TimePrediction.Source
    let others: TimePrediction.Source
    var deviceName: String { roofline.deviceName }

    func peakFlops(_ dtype: DataType) -> Double? { roofline.peakFlops(dtype) }

    func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
      var time = try roofline.predict(operation)
      if case .gemm = operation { time.source = gemms } else { time.source = others }
      return time
    }
  }

  private func estimate(gemms: TimePrediction.Source, others: TimePrediction.Source) throws -> StepEstimate {
    let model = try ModelConfiguration(
      name: "small", layers: 4, hidden: 1024, heads: 8, ffn: 4096, vocabulary: 4096)
    let plan = try ParallelPlan(tp: 2, pp: 2, microBatches: 4, batch: 4, sequence: 256)
    return try StepEstimate(
      model: model, plan: plan, options: StepOptions(), timeModel: Sourced(gemms: gemms, others: others))
  }

  @Test func sharesAreThoseOfTheChainsSeconds() throws {
    let estimate = try estimate(gemms: .fitted, others: .sibling)
    let shares = estimate.sourceShares
    let chain = estimate.chainExpenses
    let products = chain[.product] / chain.total
    #expect(products > 0 && products < 1)
    #expect(abs(shares[.fitted] - products) < 1e-9)
    #expect(abs(shares[.sibling] - (1 - products)) < 1e-9)
    #expect(abs(shares.uncheckedShare - (1 - products)) < 1e-9)
    #expect(!shares.unchecked.contains { $0.activity == .product })
    #expect(abs(shares.unchecked.reduce(0) { $0 + $1.share } - shares.uncheckedShare) < 1e-9)
    #expect(shares.unchecked.map(\.share) == shares.unchecked.map(\.share).sorted(by: >))
  }

  @Test(arguments: TimePrediction.Source.allCases)
  func onlyRowsOfTheDeviceCheckWhatLiesAmongThem(source: TimePrediction.Source) throws {
    let shares = try estimate(gemms: source, others: source).sourceShares
    let isChecked = [.measured, .interpolated, .fitted].contains(source)
    #expect(abs(shares.uncheckedShare - (isChecked ? 0 : 1)) < 1e-12)
    #expect(abs(shares[source] - 1) < 1e-9)
  }

  @Test func nothingRestsOnNothing() {
    #expect(SourceShares([:]).uncheckedShare == 0)
  }
}
