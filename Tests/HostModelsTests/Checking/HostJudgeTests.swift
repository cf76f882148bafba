import DataFiles
import GEMMTiming
import LinearSolvers
import ModelStatistics
import Testing

@testable import DeviceModels
@testable import HostModels

/// Rows of a made-up host, judged by the fit of their own threads.
struct HostJudgeTests {
  private static let host = PlantedHost()
  /// 80 GEMMs of a host that is half as fast without its second thread.
  private static func rows(threads: Int, seed: UInt64, shapes: UInt64 = 1) throws -> [TimingRow] {
    var host = host
    host.secondsPerFlop *= 2 / Double(threads)
    return host.rows(try host.shapes(80, seed: shapes), seed: seed, threads: threads)
  }

  /// Fits to one and to two threads.
  private static let fitted: Result<(table: TimingTable, models: [FittedModel]), any Error> = Result {
    let table = TimingTable(
      rows: try rows(threads: 1, seed: 2) + host.streaming(threads: 1) + rows(threads: 2, seed: 3))
    return (
      table,
      try FittedModel.fit(
        table, solver: PortableSolver(), options: FitOptions(folds: 4, learnsRemainder: false, searchesBlocking: false))
    )
  }

  private func report(_ rows: [TimingRow], _ models: [FittedModel]) throws -> ValidationReport {
    let text = TimingTable(rows: rows).csv()
    let measured = try MeasuredTable(CSVDocument(text: text, file: "measured.csv"))
    let judge = HostJudge(models, rows: measured.timings)
    return try ValidationReport(measured, hosts: judge.verdict(_:of:)) { (device, _) throws(FileError) in
      throw FileError(.malformed, file: "measured.csv", problem: "\(device) is no host")
    }
  }

  @Test func aTableIsJudgedByItsOwnFits() throws {
    let (table, models) = try Self.fitted.get()
    let report = try report(table.rows, models)
    #expect(report.rows.count == table.rows.count)
    #expect(report.unjudged.isEmpty)
    let overall = try #require(report.overall)
    #expect(overall.count == 160)
    // Noise of 2 %: what a fit leaves of rows that it knows is less.
    #expect(overall.median <= 0.01)
    #expect((0.85...0.97).contains(overall.coverage), "\(overall.coverage)")
    let all = report.groups.filter { $0.sizeClass == nil }
    #expect(all.map(\.label) == ["gemm, 1 thread, hot", "gemm, 2 threads, hot", nil])
    // The held-out errors are the fits' own.
    for (group, model) in zip(all, models) {
      let known = try #require(model.crossValidation.statistics())
      let heldOut = try #require(group.heldOut)
      #expect(heldOut.count == 80)
      #expect(abs(heldOut.median - known.median) < 1e-4)
      #expect(heldOut.coverage == known.coverage)
      #expect(group.statistics.coverage == known.coverage)
    }
  }

  /// Copies of 10 GB/s, whose k and n are 1.
  @Test func streamsAreJudgedAsStreamsAndApart() throws {
    let (table, models) = try Self.fitted.get()
    let report = try report(table.rows, models)
    let streams = try #require(report.streams.first)
    #expect(streams.label == "copy, 1 thread, hot")
    #expect(streams.statistics.count == 15)
    #expect(streams.statistics.worst < 0.01)
    #expect(report.groups.allSatisfy { $0.label?.contains("copy") != true })
  }

  @Test func rowsThatAreNewAreWithinTheirIntervals() throws {
    let (_, models) = try Self.fitted.get()
    let report = try report(Self.rows(threads: 1, seed: 5, shapes: 4), models)
    let overall = try #require(report.overall)
    #expect(report.rows.allSatisfy { $0.heldOut == nil })
    #expect(report.groups.allSatisfy { $0.heldOut == nil })
    #expect(overall.coverage > 0.8, "\(overall.coverage)")
    // The low side alone: 5 % of the times should lie below.
    let below = report.rows.count { $0.measured < $0.low }
    #expect(below <= 10, "\(below) of 80")
  }

  @Test func rowsOfThreadsThatNoFitIsOfAreNamed() throws {
    let (_, models) = try Self.fitted.get()
    var rows = Array(try Self.rows(threads: 1, seed: 5).prefix(3))
    rows += try Self.rows(threads: 2, seed: 6).prefix(2).map { row in
      var row = row
      row.threads = 4
      return row
    }
    rows += try Self.host.streaming(threads: 2).prefix(1).map { row in
      var row = row
      row.cache = .cold
      return row
    }
    let report = try report(rows, models)
    #expect(report.rows.count == 3)
    #expect(
      report.unjudged.map(\.rows) == ["gemm of planted fp32, 4 threads, hot", "copy of planted fp32, 2 threads, cold"])
    #expect(report.unjudged.map(\.count) == [2, 1])
  }

  @Test func rowsThatDoNotSayTheirThreadsAreJudgedByTheUsualFit() throws {
    let (_, models) = try Self.fitted.get()
    var row = try Self.rows(threads: 2, seed: 6)[0]
    (row.threads, row.cache) = (nil, nil)
    let measured = try MeasuredTable(CSVDocument(text: TimingTable(rows: [row]).csv(), file: "m.csv"))
    for model in models {
      let judge = HostJudge(models, usual: model.group, rows: measured.timings)
      let expected = try model.predict(.gemm(row.shape, .fp32)).seconds
      guard case .judged(let prediction, nil) = try judge.verdict(row, of: measured.entries[0].operation) else {
        Issue.record("no verdict of a row that two fits are of")
        continue
      }
      #expect(prediction.seconds == expected)
    }
  }
}
