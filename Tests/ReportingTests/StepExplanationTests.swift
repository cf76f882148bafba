import DataFiles
import Foundation
import GEMMTiming
import TaskGraphs
import TestSupport
import Testing

@testable import Reporting
@testable import TransformerModels

@Suite struct StepExplanationTests {
  private static let device = SpecificationRoofline(launch: 2e-6)

  static func explained(
    _ schedule: StepOptions.Schedule = .oneForwardOneBackward, _ questions: StepExplanation.Questions = .init()
  ) throws -> RuntimeReport {
    var report = try ReportFixture.training(schedule)
    try report.explain(questions, device: device)
    return report
  }

  /// The reference where it does not fit, and a device that makes it so.
  static func unfit() throws -> RuntimeReport {
    var report = try ReportFixture.reference()
    try report.explain(device: SpecificationRoofline(launch: 1e-6))
    return report
  }

  /// By another solver: a list schedule of the graph with its stages' streams as resources, changed by hand.
  @Test func answersAreThoseOfTheGraphSolvedAnew() throws {
    let questions = StepExplanation.Questions(
      whatIfs: [(.up, 0.8), (BranchRoles.mlp.allReduce, 0.5)], slowDowns: [1, 1.3])
    let report = try Self.explained(.oneForwardOneBackward, questions)
    let explanation = try #require(report.explanation)
    #expect(
      explanation.answers.map(\.change) == [
        "mlp1 × 0.8", "mlp_allreduce × 0.5", "computation of stage 1 × 1.3", "all together",
      ])
    let step = report.estimate.step
    func makespan(_ factor: (Int) -> Double) throws -> Double {
      Schedule(
        try step.graph.withDurations((0..<step.nodeCount).map { step.graph.durations[$0] * factor($0) })
      ).makespan
    }
    func computes(_ node: Int) -> Bool {
      if case .communication = step.operation(of: node).operation { return false }
      return true
    }
    let factors: [(Int) -> Double] = [
      { step.operation(of: $0).role == .up ? 0.8 : 1 },
      { step.operation(of: $0).role == BranchRoles.mlp.allReduce ? 0.5 : 1 },
      { step.stage(of: $0) == 1 && computes($0) ? 1.3 : 1 },
    ]
    for (answer, factor) in zip(explanation.answers, factors) {
      #expect(abs(try makespan(factor) / answer.makespan - 1) < 1e-9)
      #expect(answer.saved == report.estimate.schedule.makespan - answer.makespan)
    }
    let together = try makespan { node in factors.reduce(1) { $0 * $1(node) } }
    #expect(abs(together / (try #require(explanation.answers.last).makespan) - 1) < 1e-9)
  }

  @Test func theTextTellsWhatTheFiguresSay() throws {
    let report = try Self.explained()
    let explanation = try #require(report.explanation)
    let text = report.document.text(width: 400)
    for heading in [
      "What Decides the Step", "Where the Time Goes", "How Sure It Is", "What Would Help", "Memory over Time",
    ] { #expect(text.contains("\n\(heading)\n")) }
    #expect(text.contains(Quantity.time(explanation.uncertainty.p5)))
    #expect(text.contains(Quantity.time(explanation.withFreeCommunication)))
    let best = try #require(explanation.whatIfs.first)
    #expect(text.contains("\n\(best.role.rawValue) "))
    #expect(text.contains(Quantity.time(best.makespan)) && text.contains(Quantity.time(best.saved)))
    #expect(text.contains("tokens/s") && text.contains("MFU"))
    #expect(!text.contains("What was asked"))
    // No table of the report has a field that is missing or no number.
    #expect(!text.contains("nan") && !text.contains("inf ") && !text.contains("—"))
  }

  @Test func theBottleneckIsTheLargestOnTheChain() throws {
    let report = try Self.unfit()
    let step = report.estimate.step
    var seconds: [String: Double] = [:]
    for node in report.estimate.schedule.chain {
      let operation = step.operation(of: node)
      let isAllReduce = operation.role == BranchRoles.attention.allReduce || operation.role == BranchRoles.mlp.allReduce
      seconds[isAllReduce ? "all-reduces" : operation.role.rawValue, default: 0] += step.graph.durations[node]
    }
    let largest = try #require(seconds.max { $0.value < $1.value })
    let text = report.document.text(width: 4000)
    let name = largest.key == "all-reduces" ? "tensor-parallel all_reduce (attn_allreduce, mlp_allreduce)" : largest.key
    #expect(text.contains("The bottleneck on it is \(name), \(Quantity.time(largest.value))"))
  }

  /// Every remedy that is named fits when it is made, with the step's time as it says.
  @Test func remediesDoFit() throws {
    let report = try Self.unfit()
    let explanation = try #require(report.explanation)
    #expect(!explanation.remedies.isEmpty)
    for priced in explanation.remedies {
      let (plan, options) = try priced.remedy.applied(
        to: report.estimate.plan, options: report.estimate.options)
      let again = try MemoryVerdict(model: .reference, plan: plan, options: options, capacity: 80e9)
      #expect(again.fits && again.worst == priced.remedy.worst)
      let step = try StepEstimate(
        model: .reference, plan: plan, options: options, timeModel: SpecificationRoofline(launch: 1e-6))
      #expect(priced.makespan == step.schedule.makespan)
    }
    let text = report.document.text(width: 4000)
    let first = try #require(explanation.remedies.first)
    #expect(
      text.contains("It does not fit. The smallest change that does, found by trying: \(first.remedy.changes[0])"))
  }

  @Test func theSameFiguresInEveryForm() throws {
    let report = try Self.explained(.zeroBubble, .init(whatIfs: [(.down, 0.9)]))
    let explanation = try #require(report.explanation)
    let json = try JSONDocument(text: report.json(), file: "report").root.required("explanation")
    #expect(try json.required("uncertainty").required("p95_s").double() == explanation.uncertainty.p95)
    #expect(try json.required("operations").array().count == explanation.slack.count)
    let cells = try json.required("chain").array()
    #expect(try cells.reduce(0) { try $0 + $1.required("time_s").double() } == report.analysis.chain.total)
    #expect(try cells.contains { try $0.required("activity").string() == "product" })
    #expect(try json.required("answers").array()[0].required("after_s").double() == explanation.answers[0].makespan)
    #expect(try json.required("memory").array().count == 4)
    let whatIfs = try CSVDocument(text: report.csv(.whatIfs), file: "what-ifs")
    #expect(whatIfs.header == RuntimeReport.Rows.whatIfs.columns)
    #expect(whatIfs.rows.count == explanation.whatIfs.count + 1 && whatIfs.rows[0][0] == "mlp2 × 0.9")
    #expect(try CSVDocument(text: report.csv(.operations), file: "operations").rows.count == explanation.slack.count)
    let memory = try CSVDocument(text: report.csv(.memory), file: "memory").rows
    #expect(memory.count == explanation.memory.reduce(0) { $0 + $1.points.count })
    for timeline in explanation.memory {
      let largest = memory.filter { $0[0] == "\(timeline.stage)" }.compactMap { Double($0[2]) }.max() ?? 0
      #expect(abs(largest - (timeline.peak?.bytes ?? 0)) <= 1)
    }
  }

  @Test func fewerDrawsForLongerSteps() throws {
    #expect(try Self.unfit().explanation?.uncertainty.draws == 200)
  }

  @Test func memoryIsDrawnWithinThePicture() throws {
    for report in [try Self.explained(), try Self.explained(.interleaved(chunks: 2)), try Self.unfit()] {
      let picture = try #require(report.memoryPicture)
      let xml = ParsedXML(picture.svg())
      #expect(xml.fault == nil)
      let lines = xml.named("path")
      #expect(lines.count == report.estimate.plan.pp)
      for line in lines {
        let numbers = (line.attributes["d"] ?? "").split { "ML ".contains($0) }.compactMap { Double($0) }
        for (index, number) in numbers.enumerated() {
          #expect(number >= 0 && number <= (index.isMultiple(of: 2) ? picture.width : picture.height))
        }
      }
      #expect(report.html(ceilings: ReportFixture.ceilings).contains("Memory of one GPU over time"))
    }
    #expect(try ReportFixture.training(.gPipe).memoryPicture == nil)
  }

  /// A line of more steps than pixels keeps its highest and its last level.
  @Test func longMemoryLinesKeepTheirPeak() throws {
    let report = try ReportFixture.training(.oneForwardOneBackward, pp: 2, microBatches: 512)
    let timelines = try (0..<2).map { try MemoryTimeline(report.estimate, stage: $0) }
    #expect(timelines.allSatisfy { $0.points.count > MemoryPicture.maximumSteps })
    let makespan = report.estimate.schedule.makespan
    let capacity = 2 * (timelines.compactMap(\.peak?.bytes).max() ?? 0)
    let picture = try #require(MemoryPicture(timelines, makespan: makespan, capacity: capacity)).drawn()
    let xml = ParsedXML(picture.svg())
    let bottom = xml.named("line").filter { $0.attributes["class"] == "axis" }.compactMap { $0.number("y1") }.max() ?? 0
    let level = xml.named("line").filter { $0.attributes["class"] == "under" }.compactMap { $0.number("y1") }.first ?? 0
    for (line, timeline) in zip(xml.named("path"), timelines) {
      let numbers = (line.attributes["d"] ?? "").split { "ML ".contains($0) }.compactMap { Double($0) }
      let heights = numbers.indices.filter { !$0.isMultiple(of: 2) }.map { numbers[$0] }
      let peak = bottom - (bottom - level) * (timeline.peak?.bytes ?? 0) / capacity
      let last = bottom - (bottom - level) * (timeline.points.last?.bytes ?? 0) / capacity
      #expect(abs((heights.min() ?? 0) - peak) < 0.05 && abs((heights.last ?? 0) - last) < 0.05)
      #expect(heights.count < 2 * 900)
    }
  }

  @Test func tracesCountMemory() throws {
    let report = try Self.explained()
    let trace = ChromeTrace(report.estimate).json()
    let points = try #require(report.explanation).memory.reduce(0) { $0 + $1.points.count }
    #expect(trace.components(separatedBy: "\"ph\":\"C\"").count - 1 == points)
  }
}
