import GEMMTiming
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct ExpensesTests {
  static func estimate(
    _ options: StepOptions, time: SpecificationRoofline = SpecificationRoofline(launch: 2e-6), layers: Int = 8
  ) throws -> StepEstimate {
    let model = try ModelConfiguration(
      name: "small", layers: layers, hidden: 1024, heads: 8, ffn: 4096, vocabulary: 4096, dropout: true)
    let plan = try ParallelPlan(tp: 2, pp: 4, dp: 2, microBatches: 8, batch: 16, sequence: 256)
    return try StepEstimate(model: model, plan: plan, options: options, timeModel: time)
  }

  private struct Cell: Hashable {
    var activity: Activity
    var limit: TimePrediction.Bound?
  }

  static let steps: [StepOptions] = [
    StepOptions(), StepOptions(work: .training, schedule: .oneForwardOneBackward),
    StepOptions(work: .training, attention: .fused, schedule: .zeroBubble, overlapsGradients: true),
    StepOptions(work: .training, schedule: .interleaved(chunks: 2), dataSharding: .weights, overlapped: []),
    StepOptions(work: .training, launch: .eager),
  ]

  @Test(arguments: steps) func everythingAddsUpToTheMakespan(_ options: StepOptions) throws {
    let estimate = try Self.estimate(options)
    let makespan = estimate.schedule.makespan
    #expect(abs(estimate.chainExpenses.total / makespan - 1) < 1e-9)
    #expect(estimate.chainExpenses[.bubble, nil] == 0)
    for stage in estimate.stageExpenses { #expect(abs(stage.total / makespan - 1) < 1e-9) }
    let mean = Expenses.mean(estimate.stageExpenses)
    #expect(abs(mean.total / makespan - 1) < 1e-9)
    #expect(abs(Expenses.sum(estimate.stageExpenses).total / (4 * makespan) - 1) < 1e-9)
  }

  /// Node by node: what an operation is and what limits it are looked at apart from each other.
  @Test(arguments: steps) func sumsByActivityAndByLimitAreOfTheSameCells(_ options: StepOptions) throws {
    let estimate = try Self.estimate(options)
    var (products, exchanges) = (0.0, 0.0)
    var limits: [TimePrediction.Bound: Double] = [:]
    for node in estimate.schedule.chain {
      let prediction = estimate.step.prediction(of: node)
      limits[prediction.bound, default: 0] += prediction.seconds
      switch estimate.step.operation(of: node).operation {
      case .gemm: products += prediction.seconds
      case .communication: exchanges += prediction.seconds
      default: break
      }
    }
    let chain = estimate.chainExpenses
    let tolerance = 1e-9 * chain.total
    #expect(abs(chain[.product] - products) < tolerance && products > 0)
    #expect(abs(chain.communication - exchanges) < tolerance && exchanges > 0)
    for limit in Expenses.limits { #expect(abs(chain[limitedBy: limit] - (limits[limit] ?? 0)) < tolerance) }
    let byActivity = Activity.allCases.reduce(0) { $0 + chain[$1] }
    #expect(abs(Expenses.limits.reduce(0) { $0 + chain[limitedBy: $1] } - byActivity) < tolerance)
  }

  /// By brute force: each stage's streams are looked at between any two moments at which anything begins or ends.
  @Test(arguments: steps) func aStagesSecondsAreThoseOfASweep(_ options: StepOptions) throws {
    let estimate = try Self.estimate(options, layers: 4 * options.chunks)
    let (step, schedule) = (estimate.step, estimate.schedule)
    for stage in [0, 3] {
      var spans: [(start: Double, end: Double, stream: Int, cell: Cell)] = []
      for node in 0..<step.nodeCount where step.stage(of: node) == stage && step.graph.durations[node] > 0 {
        guard let stream = step.stream(of: node) else { continue }
        let start = schedule.path.earliestStart[node]
        spans.append(
          (
            start, start + step.graph.durations[node], stream.rawValue,
            Cell(activity: Activity(step.operation(of: node)), limit: step.prediction(of: node).bound)
          ))
      }
      let moments = Set(spans.flatMap { [$0.start, $0.end] } + [0, schedule.makespan]).sorted()
      var expected: [Cell: Double] = [:]
      // Spans by rising start and the few that run: a sweep.
      spans.sort { $0.start < $1.start }
      var (next, running) = (0, [Int]())
      for (begin, end) in zip(moments, moments.dropFirst()) {
        while next < spans.count, spans[next].start <= begin {
          running.append(next)
          next += 1
        }
        running.removeAll { spans[$0].end <= begin }
        let first = running.min { spans[$0].stream < spans[$1].stream }
        expected[first.map { spans[$0].cell } ?? Cell(activity: .bubble), default: 0] += end - begin
      }
      let found = estimate.stageExpenses[stage]
      for activity in Activity.allCases {
        for limit in Expenses.limits + [nil] {
          let seconds = expected[Cell(activity: activity, limit: limit)] ?? 0
          #expect(abs(found[activity, limit] - seconds) < 1e-9 * schedule.makespan, "\(activity)")
        }
      }
    }
  }

  @Test func withoutOverlapNothingHidesAnExchange() throws {
    var options = StepOptions(work: .training, schedule: .oneForwardOneBackward, overlapped: [])
    let shown = try Self.estimate(options)
    options.overlapped = [.tensor, .pipeline, .data]
    let hidden = try Self.estimate(options)
    for stage in 0..<4 {
      let all = shown.step.graph.durations.indices.filter {
        shown.step.stage(of: $0) == stage && Activity(shown.step.operation(of: $0)) == .tensor
      }.reduce(0) { $0 + shown.step.graph.durations[$1] }
      #expect(abs(shown.stageExpenses[stage][.tensor] / all - 1) < 1e-9)
      #expect(hidden.stageExpenses[stage][.tensor] < all)
    }
  }
}
