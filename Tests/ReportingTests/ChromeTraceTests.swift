import Foundation
import TaskGraphs
import Testing
import TransformerModels

@testable import Reporting

@Suite struct ChromeTraceTests {
  struct Event: Decodable {
    var name: String
    var ph: String
    var ts: Double?
    var dur: Double?
    var pid: Int
    var tid: Int
    var cat: String?
    var id: Int?
  }
  struct Trace: Decodable {
    var displayTimeUnit: String
    var otherData: [String: String]
    var traceEvents: [Event]
  }

  private func trace(_ report: RuntimeReport, limit: Int = ChromeTrace.maximumOperations) throws -> Trace {
    let json = ChromeTrace(report.estimate, limit: limit).json()
    return try JSONDecoder().decode(Trace.self, from: Data(json.utf8))
  }

  @Test func eventsAddUpToTheSchedule() throws {
    for report in [
      try ReportFixture.reference(), try ReportFixture.training(.oneForwardOneBackward),
      try ReportFixture.training(.zeroBubble), try ReportFixture.training(.interleaved(chunks: 2)),
    ] {
      let (step, schedule) = (report.estimate.step, report.estimate.schedule)
      let events = try trace(report).traceEvents.filter { $0.ph == "X" }
      let timed = (0..<step.nodeCount).filter { step.graph.durations[$0] > 0 && step.stream(of: $0) != nil }
      #expect(events.count == timed.count)
      for (stage, streams) in schedule.busy.enumerated() {
        for (stream, busy) in streams.enumerated() {
          let found = events.filter { $0.pid == stage && $0.tid == stream }.reduce(0) { $0 + ($1.dur ?? 0) }
          #expect(abs(found - busy * 1e6) <= 1e-9 * busy * 1e6 + 1e-5 * Double(events.count))
        }
      }
      let end = events.map { ($0.ts ?? 0) + ($0.dur ?? 0) }.max() ?? 0
      #expect(abs(end / (schedule.makespan * 1e6) - 1) < 1e-9)
    }
  }

  @Test func aStreamRunsOneOperationAtATime() throws {
    let events = try trace(try ReportFixture.training(.interleaved(chunks: 2))).traceEvents.filter { $0.ph == "X" }
    for lane in Dictionary(grouping: events, by: { [$0.pid, $0.tid] }).values {
      for (left, right) in zip(lane, lane.dropFirst()) {
        #expect((left.ts ?? 0) + (left.dur ?? 0) <= (right.ts ?? 0) + 1e-5)
      }
    }
  }

  @Test func arrowsFollowTheChain() throws {
    let report = try ReportFixture.training(.oneForwardOneBackward)
    let events = try trace(report).traceEvents
    let chain = report.estimate.schedule.chain.filter {
      report.estimate.step.graph.durations[$0] > 0 && report.estimate.step.stream(of: $0) != nil
    }
    let (starts, ends) = (events.filter { $0.ph == "s" }, events.filter { $0.ph == "f" })
    #expect(starts.count == chain.count - 1 && starts.map(\.id) == ends.map(\.id))
    let operations = Set(events.filter { $0.ph == "X" }.map { "\($0.pid) \($0.tid) \($0.ts ?? -1)" })
    for (start, end) in zip(starts, ends) {
      #expect((start.ts ?? 0) <= (end.ts ?? 0))
      // Each end of an arrow lies on an event, by which viewers bind it.
      for event in [start, end] { #expect(operations.contains("\(event.pid) \(event.tid) \(event.ts ?? -1)")) }
    }
  }

  @Test func everyLaneIsNamed() throws {
    let events = try trace(try ReportFixture.training(.gPipe)).traceEvents
    let named = Set(events.filter { $0.name == "thread_name" }.map { [$0.pid, $0.tid] })
    let processes = Set(events.filter { $0.name == "process_name" }.map(\.pid))
    for event in events where event.ph == "X" {
      #expect(named.contains([event.pid, event.tid]) && processes.contains(event.pid))
    }
  }

  @Test func aLongStepIsFoldedAndSaysSo() throws {
    let report = try ReportFixture.training(.oneForwardOneBackward)
    let folded = try trace(report, limit: 10)
    #expect(folded.otherData["detail"] == "passes")
    #expect(try trace(report).otherData["detail"] == "operations")
    let compute = folded.traceEvents.filter { $0.ph == "X" && $0.tid == Stream.compute.rawValue && $0.pid == 0 }
    #expect(compute.count == 8 + 8 + 1)
    let end = folded.traceEvents.map { ($0.ts ?? 0) + ($0.dur ?? 0) }.max() ?? 0
    #expect(abs(end / (report.estimate.schedule.makespan * 1e6) - 1) < 1e-9)
  }

  @Test func timesAreMicrosecondsToThePicosecond() {
    #expect(ChromeTrace.time(0) == "0" && ChromeTrace.time(1.5e-6) == "1.5" && ChromeTrace.time(2e-3) == "2000")
    #expect(ChromeTrace.time(1.000_002e-6) == "1.000002" && ChromeTrace.time(1e-12) == "0.000001")
    #expect(ChromeTrace.time(99.62) == "99620000")
    for seconds in [1e7, 1e30] { #expect(Double(ChromeTrace.time(seconds)) == seconds * 1e6) }
  }

  @Test func theSameStepGivesTheSameBytes() throws {
    let report = try ReportFixture.training(.zeroBubble)
    #expect(ChromeTrace(report.estimate).json() == ChromeTrace(report.estimate).json())
  }
}
