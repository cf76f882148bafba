import DataFiles
import GEMMTiming
import TestSupport
import Testing
import TransformerModels

@testable import Reporting

@Suite struct StepComparisonTests {
  private static func estimate(
    _ work: StepOptions.Work = .forward, attention: StepOptions.Attention = .fused, gated: Bool = false
  ) throws -> StepEstimate {
    let model = try ModelConfiguration(
      name: "small", layers: 4, hidden: 1024, heads: 8, ffn: 4096, vocabulary: 6144, maximumPositions: 2048,
      gated: gated)
    return try StepEstimate(
      model: model, plan: ParallelPlan(tp: 2, batch: 2, sequence: 384),
      options: StepOptions(work: work, attention: attention, schedule: .gPipe),
      timeModel: SpecificationRoofline(launch: 2e-6))
  }

  /// The forecast's own operations as if measured, each so many times as long.
  private static func measured(
    _ estimate: StepEstimate, shaped: Bool = true, factor: (StageOperation) -> Double = { _ in 1 }
  ) -> [MeasuredStep.Operation] {
    estimate.operations(ofStage: 0).map { one in
      let operation = one.costed.operation
      let work: MeasuredStep.Work =
        switch operation.operation {
        case .gemm(let shape, let type, _) where shaped: .product(shape, type)
        case .attention(let shape, _) where shaped && operation.phase == .forward: .attention(shape)
        case .communication(let exchange) where shaped:
          .exchange(exchange.kind, bytes: Int(exchange.bytes), ranks: exchange.ranks)
        default: .unknown
        }
      return .init(
        name: "kernel of \(operation.name)", kind: MeasuredStep.Kind(operation.operation), work: work,
        seconds: factor(one) * one.total.seconds, count: one.count)
    }
  }

  private static func compare(
    _ operations: [MeasuredStep.Operation], _ estimate: StepEstimate, steps: Int = 1
  ) -> StepComparison {
    let sum = operations.reduce(0) { $0 + $1.seconds }
    return StepComparison(
      MeasuredStep(operations: operations, steps: steps, span: sum + 30e-6, busy: sum), estimate,
      assumptions: ["All of it."])
  }

  @Test func theSlowOperationIsNamedFirst() throws {
    let estimate = try Self.estimate()
    let slow = { (one: StageOperation) in one.costed.operation.name == "mlp2" ? 3.0 : 1.0 }
    let comparison = Self.compare(Self.measured(estimate, factor: slow), estimate)
    let row = try #require(comparison.rows.first)
    let own = try #require(estimate.operations(ofStage: 0).first { $0.costed.operation.name == "mlp2" })
    #expect(row.forecast?.names == ["mlp2"] && row.basis == .shape && row.isInside == false)
    #expect(abs(row.gap / (2 * own.total.seconds) - 1) < 1e-9 && abs(comparison.share(row) - 1) < 1e-9)
    #expect(row.measured?.calls == 4 && row.forecast?.calls == 4)
    #expect(comparison.rows.dropFirst().allSatisfy { abs($0.gap) < 1e-12 && $0.isInside == true })
    let text = comparison.document.text(width: 1000).split(separator: "\n")
    let sentence = try #require(text.first { $0.hasPrefix("The largest gap is") })
    #expect(sentence.hasPrefix("The largest gap is mlp2, (768,2048,1024): measured "), "\(sentence)")
    #expect(sentence.contains(", 3.00 times, outside its 90 % interval; 100 % of all gaps"), "\(sentence)")
    // The step's own idle time beside the forecast's, which has none.
    #expect(text.contains { $0.hasPrefix("Measured step ") && $0.contains("idle 30.00 µs") && $0.contains("one step") })
    #expect(abs((comparison.measured?.idle ?? 0) - 30e-6) < 1e-12 && abs(comparison.forecast.idle) < 1e-12)
  }

  @Test func aTransposedProductIsTheSame() throws {
    let estimate = try Self.estimate()
    let turned = try Self.measured(estimate).map { operation in
      var operation = operation
      if case .product(let shape, let type) = operation.work {
        operation.work = .product(try GEMMShape(m: shape.n, k: shape.k, n: shape.m, batch: shape.batch), type)
      }
      return operation
    }
    let comparison = Self.compare(turned, estimate)
    #expect(comparison.rows.allSatisfy { $0.measured != nil && $0.forecast != nil && abs($0.gap) < 1e-12 })
    #expect(comparison.rows.count { $0.kind == .product && $0.basis == .shape } == 5)
  }

  /// Measured k would be another product: m and n may change places, k may not.
  @Test func anotherExtentIsAnotherProduct() throws {
    let estimate = try Self.estimate()
    var operations = Self.measured(estimate)
    let place = try #require(operations.firstIndex { $0.name == "kernel of mlp2" })
    operations[place].work = .product(try GEMMShape(m: 2048, k: 1024, n: 1024), .bf16)
    operations[place].name = "aten::mm"
    let comparison = Self.compare(operations, estimate)
    let alone = comparison.rows.filter { $0.basis == .measuredOnly || $0.basis == .forecastOnly }
    #expect(Set(alone.map(\.title)) == ["aten::mm", "mlp2"] && alone.allSatisfy { $0.isInside == nil })
  }

  /// Two halves beside each other, as of gate and up projections, are the one product that the forecast has.
  @Test func aProductInPiecesIsOneRow() throws {
    let estimate = try Self.estimate()
    var operations = Self.measured(estimate)
    let place = try #require(operations.firstIndex { $0.name == "kernel of mlp1" })
    guard case .product(let shape, let type) = operations[place].work else {
      Issue.record("no product")
      return
    }
    operations[place].work = .product(try GEMMShape(m: shape.m, k: shape.k, n: shape.n / 2), type)
    operations[place].count *= 2
    operations[place].seconds *= 1.5
    let row = try #require(Self.compare(operations, estimate).rows.first)
    #expect(row.basis == .pieces && row.forecast?.names == ["mlp1"])
    #expect(row.measured?.calls == 8 && row.forecast?.calls == 4 && row.isInside == false)
    // Half as many as that would take are no such pieces.
    operations[place].count /= 2
    #expect(!Self.compare(operations, estimate).rows.contains { $0.basis == .pieces })
  }

  /// In training the gradient through the down projection is as large as gate and up projections: pieces and another
  /// operation stand in one row, whose calls add up.
  @Test func piecesAsLargeAsAnotherProductAreFoundAmongIt() throws {
    let estimate = try Self.estimate(.training, gated: true)
    let operations = try Self.measured(estimate).map { operation in
      var operation = operation
      guard case .product(let shape, let type) = operation.work, operation.name.contains("mlp1") else {
        return operation
      }
      func half(_ extent: Int) -> Int { extent == 4096 ? 2048 : extent }
      operation.work = .product(try GEMMShape(m: half(shape.m), k: half(shape.k), n: half(shape.n)), type)
      operation.count *= 2
      return operation
    }
    let comparison = Self.compare(operations, estimate)
    let pieces = comparison.rows.filter { $0.basis == .pieces }
    let names = Set(pieces.flatMap { $0.forecast?.names ?? [] })
    #expect(names.isSuperset(of: ["mlp1", "mlp1_dgrad", "mlp1_wgrad"]), "\(names)")
    #expect(comparison.rows.allSatisfy { abs($0.gap) < 1e-12 && $0.measured != nil && $0.forecast != nil })
  }

  /// Where keys are repeated for the heads that share them, the batch is as many times larger as the rows are fewer.
  @Test func repeatedKeysAreTheSameWork() throws {
    let estimate = try Self.estimate(attention: .unfused)
    var operations = Self.measured(estimate)
    let place = try #require(operations.firstIndex { $0.name == "kernel of attn_score" })
    guard case .product(let shape, let type) = operations[place].work else {
      Issue.record("no product")
      return
    }
    operations[place].work = .product(
      try GEMMShape(m: shape.m / 4, k: shape.k, n: shape.n, batch: 4 * shape.batch), type)
    let row = try #require(Self.compare(operations, estimate).rows.first { $0.forecast?.names == ["attn_score"] })
    #expect(row.basis == .pieces && abs(row.gap) < 1e-12)
  }

  @Test func whatHasNoExtentsIsComparedByKind() throws {
    let estimate = try Self.estimate()
    let comparison = Self.compare(Self.measured(estimate, shaped: false) { _ in 2 }, estimate)
    #expect(comparison.rows.allSatisfy { $0.basis == .kind && !$0.isShaped })
    #expect(Set(comparison.rows.map(\.kind)) == [.product, .attention, .exchange, .norm, .pass])
    #expect(comparison.rows.allSatisfy { abs($0.gap / ($0.forecast?.interval.seconds ?? 0) - 1) < 1e-9 })
    let text = comparison.document.text(width: 1000)
    #expect(text.contains("The largest gap is matrix products: measured"))
    let names = try #require(comparison.rows.first { $0.kind == .product }?.measured).names
    #expect(names.count == 5 && zip(names, names.dropFirst()).allSatisfy { $0.seconds >= $1.seconds })
    #expect(text.contains("In the trace: \(names[0].name) ("), "\(text)")
  }

  /// Programs make norms of several passes.
  @Test func normsThatAreNoKernelsAreAmongThePasses() throws {
    let estimate = try Self.estimate()
    let operations = Self.measured(estimate).map { operation in
      var operation = operation
      if operation.kind == .norm { operation.kind = .pass }
      return operation
    }
    let comparison = Self.compare(operations, estimate)
    #expect(!comparison.rows.contains { $0.kind == .norm })
    let row = try #require(comparison.rows.first { $0.kind == .pass })
    #expect(abs(row.gap) < 1e-12 && row.forecast?.names.contains("ln1") == true)
  }

  /// A trace has extents of forward attention alone; the backward one is compared without.
  @Test func backwardAttentionIsByKind() throws {
    let estimate = try Self.estimate(.training)
    let comparison = Self.compare(Self.measured(estimate), estimate)
    let attention = comparison.rows.filter { $0.kind == .attention }
    #expect(Set(attention.map(\.basis)) == [.shape, .kind] && attention.allSatisfy { abs($0.gap) < 1e-12 })
    #expect(attention.first { $0.basis == .kind }?.forecast?.names == ["attn_fused_backward"])
  }

  /// Messages of other sizes among as many ranks are compared together.
  @Test func bucketsOfExchangesAreOneRow() throws {
    let estimate = try Self.estimate()
    var operations = Self.measured(estimate)
    for place in operations.indices {
      guard case .exchange(let kind, let bytes?, let ranks) = operations[place].work else { continue }
      operations[place].work = .exchange(kind, bytes: bytes / 4, ranks: ranks)
      operations[place].count *= 4
    }
    let row = try #require(Self.compare(operations, estimate).rows.first { $0.extents.hasPrefix("all_reduce") })
    #expect(row.basis == .sizes && row.extents == "all_reduce, several sizes, 2 ranks" && abs(row.gap) < 1e-12)
  }

  @Test func severalStepsAreTheirMean() throws {
    let estimate = try Self.estimate()
    let one = Self.measured(estimate) { 1 + Double($0.count % 3) / 2 }
    let single = Self.compare(one, estimate)
    let slower = one.map { operation in
      var operation = operation
      operation.seconds *= 3
      return operation
    }
    let mean = Self.compare(one + slower, estimate, steps: 2)
    #expect(abs(mean.measuredSeconds / (2 * single.measuredSeconds) - 1) < 1e-9)
    #expect(Set(mean.rows.compactMap { $0.measured?.calls }) == Set(single.rows.compactMap { $0.measured?.calls }))
    #expect(mean.lengths.contains("mean of 2 steps"))
  }

  /// Whatever is measured, its time and the forecast's stand in the rows, each once.
  @Test func nothingIsLost() throws {
    // A fixed walk through the choices.
    var turn = 0
    func pick(_ count: Int) -> Int {
      turn += 1
      return turn * 7919 % 104_729 % count
    }
    for work in [StepOptions.Work.forward, .training] {
      let estimate = try Self.estimate(work, attention: .unfused)
      let operations = estimate.operations(ofStage: 0)
      for _ in 0..<30 {
        var measured: [MeasuredStep.Operation] = []
        for var operation in Self.measured(estimate) where pick(4) != 0 {
          operation.seconds *= Double(pick(300)) / 100
          if pick(4) == 0 { operation.work = .unknown }
          if case .product(let shape, let type) = operation.work, pick(3) == 0 {
            operation.work = .product(try GEMMShape(m: shape.n, k: shape.k, n: shape.m / 2, batch: shape.batch), type)
            operation.count *= 1 + pick(2)
          }
          if pick(8) == 0 { (operation.kind, operation.work) = (.other, .unknown) }
          measured.append(operation)
        }
        let comparison = Self.compare(measured, estimate)
        let (sum, forecast) = (
          measured.reduce(0) { $0 + $1.seconds }, operations.reduce(0) { $0 + $1.total.seconds }
        )
        #expect(abs(comparison.measuredSeconds - sum) < 1e-9 * sum)
        #expect(abs(comparison.forecastSeconds.seconds - forecast) < 1e-9 * forecast)
        #expect(abs(comparison.rows.reduce(0) { $0 + $1.gap } - (sum - forecast)) < 1e-9 * (sum + forecast))
        let calls = comparison.rows.reduce(0) { $0 + ($1.measured?.calls ?? 0) }
        #expect(calls == Double(measured.reduce(0) { $0 + $1.count }))
        let names = comparison.rows.flatMap { $0.measured?.names ?? [] }.reduce(0) { $0 + $1.seconds }
        #expect(abs(names - sum) < 1e-9 * sum)
        #expect(zip(comparison.rows, comparison.rows.dropFirst()).allSatisfy { abs($0.gap) >= abs($1.gap) })
      }
    }
  }

  @Test func textIsShortAndFilesHaveAll() throws {
    let estimate = try Self.estimate()
    let strange = (1...40).map { number in
      MeasuredStep.Operation(name: "kernel\(number)", kind: .other, seconds: Double(number) * 1e-3)
    }
    let comparison = Self.compare(Self.measured(estimate) + strange, estimate)
    let lines = comparison.document.text(width: 1000).split(separator: "\n")
    let table = lines.drop { !$0.hasPrefix("operation") }.dropFirst().prefix { !$0.hasPrefix("Times are") }
    #expect(table.count { !$0.allSatisfy { "-─ +|".contains($0) } } == 25, "\(table)")
    #expect(table.contains { $0.hasPrefix("\(comparison.rows.count - 24) further") }, "\(table)")

    let csv = try CSVDocument(text: comparison.csv(), file: "f")
    #expect(csv.header == StepComparison.columns && csv.rows.count == comparison.rows.count + 4)
    let (kind, time) = (try csv.requiredColumn("kind"), try csv.requiredColumn("measured_us"))
    let sum = csv.rows.filter { $0[kind] != "total" }.reduce(0) { $0 + (Double($1[time]) ?? 0) }
    let total = try #require(csv.rows.first { $0[0] == "all_operations" })
    #expect(abs(sum - (Double(total[time]) ?? 0)) < 1e-3 && abs(sum * 1e-6 / comparison.measuredSeconds - 1) < 1e-6)

    let json = try JSONDocument(text: comparison.json(), file: "f").root
    let operations = try json.required("operations").array()
    #expect(operations.count == comparison.rows.count)
    #expect(try operations[0].required("operation").string() == "kernel40")
    #expect(try operations[0].required("matched_by").string() == "only-in-trace" && operations[0]["forecast_us"] == nil)
    #expect(try json.required("step").required("forecast_us").double() == estimate.totals.schedule.seconds * 1e6)
  }

  @Test func remarksNameTheOptionThatWouldFit() throws {
    let estimate = try Self.estimate()
    let unfused = Self.compare(Self.measured(estimate).filter { $0.kind != .attention }, estimate)
    #expect(unfused.remarks.contains { $0.contains("--attention unfused") })
    let other = try Self.estimate(attention: .unfused)
    #expect(Self.compare(Self.measured(estimate), other).remarks.contains { $0.contains("--attention fused") })
    let halves = Self.measured(estimate).map { operation in
      var operation = operation
      if case .product(let shape, _) = operation.work { operation.work = .product(shape, .fp16) }
      return operation
    }
    #expect(
      Self.compare(halves, estimate).remarks.contains {
        $0.hasPrefix("The trace's products are of fp16, the forecast's of bf16")
      })
    let separate = Self.measured(estimate).filter { $0.name != "kernel of qkv_linear" }
    #expect(Self.compare(separate, estimate).remarks.contains { $0.contains("--separate-qkv") })
    // Idle time that no operation comes near is told.
    let idle = Self.compare(Self.measured(estimate), estimate).remarks
    #expect(idle.contains { $0.hasPrefix("The GPU was idle 30.00 µs longer") }, "\(idle)")
  }

  @Test func aProfileWithoutMomentsHasNoLength() throws {
    let estimate = try Self.estimate()
    let step = MeasuredStep(operations: Self.measured(estimate))
    let comparison = StepComparison(step, estimate)
    #expect(comparison.measured == nil && comparison.lengths.contains("does not tell when they ran"))
    #expect(try JSONDocument(text: comparison.json(), file: "f").root.required("step")["measured_us"] == nil)
  }
}
