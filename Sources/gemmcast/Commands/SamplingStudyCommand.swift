internal import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import Foundation
internal import GEMMTiming
internal import HostCalibration
internal import Reporting

/// `gemmcast sampling-study`: what choosing shapes by the model buys, on measured tables.
struct SamplingStudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sampling-study",
    abstract: "Compare ways to choose shapes: held-out error against the number of shapes.",
    discussion: """
      Replays calibrations on a pool of measured shapes: each way picks so many of them, the model is fitted to those, and \
      predicts those shapes of another table that take 10⁴ to 10¹⁰ flops. grid: the pool's nearest to a regular grid; \
      random: any; space-filling: the nearest to an even sequence; adaptive: the first half of those, then some of the \
      further ones of that sequence, the more the less sure the model is.

        gemmcast sampling-study pool.csv held-out.csv --threads 1
      """,
    shouldDisplay: false)

  enum Format: String, OutputFormat { case text, markdown, csv }

  @Argument(help: "The table whose shapes may be picked.")
  var pool: String

  @Argument(help: "The table that is predicted.")
  var heldOut: String

  @Option(help: ArgumentHelp("Which measured number of threads to study.", valueName: "number"))
  var threads = 1

  @Option(parsing: .upToNextOption, help: "Numbers of shapes to pick.")
  var counts = [32, 64, 128, 256, 512]

  @Option(
    help: ArgumentHelp(
      "How many times each way is tried, with other starting points; the mean is shown.", valueName: "number"))
  var repeats = 3

  @Option(help: ArgumentHelp("Decides the starting points.", valueName: "number"))
  var seed: UInt64 = 1

  @OptionGroup var output: OutputOptions<Format>

  func validate() throws {
    if repeats < 1 || counts.contains(where: { $0 < 1 }) {
      throw ValidationError("--repeats and --counts are 1 or more")
    }
  }

  func run() throws {
    let study = try SamplingStudy(
      pool: TimingTable(contentsOf: pool), heldOut: TimingTable(contentsOf: heldOut), threads: threads)
    let measured = threads == 1 ? "1 thread" : "\(threads) threads"
    if study.heldOut.isEmpty {
      throw Failure(
        Failure.Status.badData,
        "\(heldOut): no GEMM rows with \(measured), hot caches and 10⁴ to 10¹⁰ flops")
    }
    if study.pool.isEmpty {
      throw Failure(
        Failure.Status.badData,
        "\(pool): no GEMM rows with \(measured) and hot caches, of other shapes than \(heldOut) has")
    }
    var rows: [[String]] = []
    for count in Set(counts).sorted() {
      if count > study.pool.count {
        Diagnostics.warning("\(count) shapes cannot be picked from the \(study.pool.count) of \(pool)")
        continue
      }
      var fields = [String(count)]
      for way in SamplingStudy.Way.allCases {
        Diagnostics.note("picking \(count) shapes, \(way.rawValue)")
        var errors: [Double] = []
        for index in 0..<repeats {
          if let error = study.error(way, count: count, seed: seed &+ UInt64(index)) { errors.append(error) }
        }
        fields.append(
          errors.isEmpty ? "" : FixedPoint.text(100 * errors.reduce(0, +) / Double(errors.count), decimals: 2))
      }
      rows.append(fields)
    }
    let titles = ["shapes"] + SamplingStudy.Way.allCases.map { "\($0.rawValue)_error_percent" }
    if output.format == .csv { return try output.write(CSVDocument.serialize(header: titles, rows: rows)) }
    let table = DocumentTable(
      [.init("shapes", .right)] + SamplingStudy.Way.allCases.map { .init($0.rawValue + ", %", .right) }, rows: rows)
    let document = Document(
      title: "Mean held-out error by the way of choosing shapes",
      sections: [
        .init(
          "\(study.heldOut.count) shapes predicted from a pool of \(study.pool.count), \(measured), hot",
          [.table(table)])
      ])
    try output.write(output.format == .markdown ? document.markdown() : document.text())
  }
}
