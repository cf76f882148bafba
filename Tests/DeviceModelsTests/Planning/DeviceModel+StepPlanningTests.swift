import Foundation
import GEMMTiming
import Testing

@testable import DeviceModels

struct DeviceModelStepPlanningTests {
  private func model(_ name: String = "h100-sxm-80gb") throws -> DeviceModel {
    DeviceModel(specification: try .builtIn(named: name), shape: .unused).inSteps
  }

  private func parts(_ model: DeviceModel) throws -> [StepPart] {
    let size = 4096.0 * 8192 * 2
    let attention = try AttentionShape(
      batch: 1, heads: 8, keyValueHeads: 1, headDimension: 128, queryLength: 4096, keyLength: 4096, causal: true)
    let operations: [(GEMMTiming.Operation, Double)] = [
      (.gemm(try GEMMShape(m: 4096, k: 8192, n: 1280), .bf16), 80), (.attention(attention, .bf16), 80),
      (.gemm(try GEMMShape(m: 4096, k: 8192, n: 7168), .bf16), 80),
      (.gemm(try GEMMShape(m: 4096, k: 3584, n: 8192), .bf16), 80),
      (.memory(MemoryTraffic(.rmsNorm, read: size, written: size, rows: 4096)), 160),
      (.memory(MemoryTraffic(.rotary, read: size / 8, written: size / 8)), 80),
      (.communication(Communication(.allReduce, bytes: size, ranks: 8, nodes: 1)), 160),
      (.communication(Communication(.allReduce, bytes: size, ranks: 16, nodes: 2)), 1),
    ]
    return try operations.map { operation, count in
      let prediction = try model.predict(operation)
      return StepPart(operation, seconds: count * prediction.seconds, prediction: prediction)
    }
  }

  private func plan(_ count: Int, _ model: DeviceModel, _ parts: [StepPart]) -> StepPlan {
    model.plan(count, for: parts, activation: .bf16, sharedVariance: 0.5, stepDeviation: 0.06)
  }

  @Test func aPlanHasAllKindsIsTheSameTwiceAndItsBeginningIsAPlan() throws {
    let model = try model()
    let parts = try parts(model)
    let whole = plan(30, model, parts)
    #expect(whole.rows.count == 30 && Set(whole.rows.map(\.row)).count == 30)
    #expect(Set(whole.rows.map(\.row.kind)) == Set(MeasurableRow.Kind.allCases))
    #expect(plan(30, model, parts) == whole)
    #expect(plan(9, model, parts).rows == Array(whole.rows.prefix(9)))
    let deviations = [whole.deviation] + whole.rows.map(\.deviation)
    #expect(zip(deviations, deviations.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(deviations.allSatisfy { $0 >= whole.floor })
    #expect(whole.floor >= 0.06 && whole.deviationLeft < whole.deviation)
    for planned in whole.rows {
      #expect(MeasurableRow(checking: planned.row) == planned.row)
      #expect(try model.predict(planned.row.operation).seconds <= 0.1)
    }
    #expect(plan(100_000, model, parts).rows.count < 100)
    #expect(plan(0, model, parts).rows.isEmpty)
    #expect(plan(5, model, []).rows.isEmpty)
  }

  /// The variance of one operation by hand: what is shared can be learned, what is its own cannot, but of products.
  @Test func theVarianceBeforeIsThatOfTheIntervals() throws {
    let model = try model()
    for part in try parts(model) {
      let sigma = log(part.prediction.high / part.prediction.low) / (2 * 1.6448536)
      let plan = plan(1, model, [part])
      #expect(abs(plan.deviation - (sigma * sigma + 0.0036).squareRoot()) < 1e-9)
      let isLearned = model.family(of: part.operation) != nil
      let own: Double =
        if case .gemm = part.operation { 0 } else { isLearned ? 0.5 : 1 }
      #expect(abs(plan.floor - (own * sigma * sigma + 0.0036).squareRoot()) < 1e-9)
      #expect(plan.unteachable == (isLearned ? 0 : 1))
      // The row itself, of a product: σ² − σ⁴/(σ² + 0.06²).
      if case .gemm = part.operation {
        let left = sigma * sigma * 0.0036 / (sigma * sigma + 0.0036) + 0.0036
        #expect(plan.deviationLeft <= left.squareRoot() + 1e-9)
      }
    }
  }

  /// Rows of what takes the time come first, whichever that is.
  @Test func secondsDecide() throws {
    let model = try model()
    let parts = try parts(model)
    for heavy in parts where model.family(of: heavy.operation) != nil {
      guard let row = MeasurableRow(like: heavy.operation, activation: .bf16) else { continue }
      let weighted = parts.map {
        StepPart($0.operation, seconds: $0 == heavy ? 1000 : 1, prediction: $0.prediction)
      }
      #expect(plan(1, model, weighted).rows.first?.row.kind == row.kind)
    }
  }

  /// What few rows of --table would teach nothing of is no candidate.
  @Test func whatRowsTeachNothingOfIsNotPlanned() throws {
    let model = try model("a100-sxm-80gb")
    let plan = plan(50, model, try parts(model))
    // Its file has no fit of the kernels that PyTorch has.
    #expect(!plan.rows.contains { $0.row.kind == .attention })
    #expect(plan.unteachable > 0.05)
    let ceilings = DeviceModel(
      specification: model.specification,
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3),
      detail: .tiles)
    #expect(self.plan(5, ceilings, try parts(ceilings)).rows.isEmpty)
  }
}
