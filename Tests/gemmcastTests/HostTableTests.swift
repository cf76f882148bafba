import DataFiles
import Foundation
import GEMMTiming
import Testing

/// Which table answers where `--table` names none, and which fit where a table has several.
@Suite struct HostTableTests {
  let folder: TemporaryFolder
  let hosts: URL

  init() throws {
    folder = try TemporaryFolder()
    hosts = folder.url("gemmcast/hosts")
    try FileManager.default.createDirectory(at: hosts, withIntermediateDirectories: true)
  }

  private static let machine = Result {
    let json = try BuiltCommand.run(["topology", "--format", "json"]).output
    return try JSONDocument(text: json, file: "topology").root.required("machine").string()
  }

  /// The planted table with times `factor` times as long, as measured on a machine at a time.
  private func table(
    times factor: Double = 1, machine: String, on day: Int = 1, other: [String: String] = [:]
  ) throws -> TimingTable {
    var table = try PlantedHost.table()
    for index in table.rows.indices {
      table.rows[index].seconds *= factor
      for bound in [\TimingRow.low, \.high, \.minimum] {
        table.rows[index][keyPath: bound] = table.rows[index][keyPath: bound].map { $0 * factor }
      }
      table.rows[index].other = ["machine": machine, "timestamp": "2026-01-0\(day)T00:00:00Z"].merging(other) { $1 }
    }
    table.otherColumns = ["machine", "timestamp"] + other.keys.sorted()
    return table
  }

  private func keep(_ table: TimingTable, as name: String) throws {
    try table.write(to: hosts.appendingPathComponent(name).path)
  }

  private func time(_ arguments: [String] = [], device: String = "host") throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      ["time", "--m", "512", "--k", "512", "--n", "512", "--device", device, "--format", "csv"] + arguments,
      environment: ["XDG_DATA_HOME": folder.root.path])
  }

  /// How many times the planted time an answer is.
  private func factor(_ result: BuiltCommand.Result) throws -> Double {
    #expect(result.status == 0, "\(result.diagnostics)")
    let csv = try CSVDocument(text: result.output, file: "time")
    let microseconds = try #require(Double(csv.rows[0][csv.requiredColumn("time_us")]))
    return try microseconds * 1e-6 / PlantedHost.seconds(GEMMShape(m: 512, k: 512, n: 512))
  }

  @Test func theNewestOfThisMachineAnswersAndNoNamesakes() throws {
    let here = try Self.machine.get()
    try keep(table(times: 2, machine: here, on: 1), as: "a.csv")
    try keep(table(times: 4, machine: here, on: 2), as: "b.csv")
    // Called the same, measured later, on a machine of other caches.
    try keep(table(times: 32, machine: "Other 1/2/3 L1=1K cores=2", on: 3), as: "c.csv")
    let result = try time()
    #expect(abs(try factor(result) / 4 - 1) < 0.1, "\(result.output)")
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics)")
    // Not even in a folder that looks like this project's.
    let clone = folder.url("clone/calibration/hosts")
    try FileManager.default.createDirectory(at: clone, withIntermediateDirectories: true)
    try table(times: 64, machine: here, on: 4).write(to: clone.appendingPathComponent("d.csv").path)
    let inside = try BuiltCommand.run(
      ["time", "--m", "512", "--k", "512", "--n", "512", "--device", "host", "--format", "csv"],
      environment: ["XDG_DATA_HOME": folder.root.path], directory: folder.url("clone"))
    #expect(inside.output == result.output)
  }

  @Test func whatIsNotFitIsPassedOverWithAWord() throws {
    let here = try Self.machine.get()
    try keep(table(times: 2, machine: here, on: 1), as: "good.csv")
    try keep(table(times: 9, machine: here, on: 2, other: ["waited": "0.7"]), as: "busy.csv")
    var few = try table(times: 9, machine: here, on: 3)
    few.rows.removeLast(few.rows.count - 2)
    try keep(few, as: "few.csv")
    try Data("device,dtype\n".utf8).write(to: hosts.appendingPathComponent("broken.csv"))
    let result = try time()
    #expect(abs(try factor(result) / 2 - 1) < 0.1, "\(result.output)")
    #expect(
      result.diagnostics.contains("busy.csv: passed over: planted fp32, 1 thread, hot: other programs held the cores"),
      "\(result.diagnostics)")
    #expect(result.diagnostics.contains("passed over: \(hosts.path)/few.csv: planted fp32, 1 thread, hot has 2"))
    // Asked for by name it is used, and said to be what it is.
    let named = try time(["--table", hosts.appendingPathComponent("busy.csv").path])
    #expect(abs(try factor(named) / 9 - 1) < 0.1)
    #expect(named.diagnostics.contains("busy.csv is not fit for use"), "\(named.diagnostics)")
  }

  @Test func withoutOneTheShippedTableIsAnotherMachines() throws {
    let result = try time()
    #expect(result.status == 0 && result.diagnostics.contains("no table of this machine is at hand"))
  }

  /// A device whose file leaves nothing to a host is answered whatever stands in the host's place.
  @Test func whatNeedsNoHostReadsNone() throws {
    let broken = ["GEMMCAST_TABLE": "/nowhere/table.csv", "XDG_DATA_HOME": folder.root.path]
    let shape = ["--m", "512", "--k", "512", "--n", "512"]
    let h100 = try BuiltCommand.run(["time", "--device", "h100-sxm-80gb"] + shape, environment: broken)
    #expect(h100.status == 0 && !h100.diagnostics.contains("Host:"), "\(h100.diagnostics)")
    #expect(try BuiltCommand.run(["estimate", "llama-3.1-8b"], environment: broken).status == 0)
    let a10g = try BuiltCommand.run(["time", "--device", "a10g"] + shape, environment: broken)
    #expect(a10g.status == 66 && a10g.diagnostics.contains("/nowhere/table.csv"), "\(a10g.diagnostics)")
  }

  @Test func aReportNamesTheHostsFractionsWhereItRestsOnThem() throws {
    let table = try folder.file("host.csv", PlantedHost.table().csv())
    let arguments = ["time", "--m", "64", "--k", "64", "--n", "64", "--table", table, "--device"]
    let a10g = try BuiltCommand.run(arguments + ["a10g"])
    #expect(a10g.diagnostics.contains("The host contributes its fractions of the ceilings"), "\(a10g.diagnostics)")
    #expect(try !BuiltCommand.run(arguments + ["h100-sxm-80gb"]).diagnostics.contains("The host contributes"))
  }

  @Test func eachLibraryAndKernelHasAFitOfItsOwn() throws {
    let fast = ["library": "OpenBLAS 9.8.7 pthread", "kernel": "Fast"]
    let slow = ["library": "OpenBLAS 9.8.7 pthread", "kernel": "Slow"]
    let (first, second) = (folder.url("fast.csv").path, folder.url("slow.csv").path)
    try table(machine: "here", other: fast).write(to: first)
    try table(times: 5, machine: "here", other: slow).write(to: second)
    let both = folder.url("both.csv").path
    let merged = try BuiltCommand.run(["merge", first, second, "--output", both])
    #expect(merged.status == 0 && merged.diagnostics.contains("0 were pooled"), "\(merged.diagnostics)")
    let result = try time(["--table", both])
    #expect(abs(try factor(result) - 1) < 0.1)
    #expect(abs(try factor(time(["--table", both, "--kernel", "slow"])) / 5 - 1) < 0.1)
    #expect(abs(try factor(time(["--table", both, "--library", "9.8.7"])) - 1) < 0.1)
    let none = try time(["--table", both, "--kernel", "Zen"])
    #expect(none.status == 64 && none.diagnostics.contains("no table has rows for --kernel Zen"), "\(none.diagnostics)")
    let text = try BuiltCommand.run([
      "time", "--m", "9", "--k", "9", "--n", "9", "--device", "host", "--table", both,
    ])
    #expect(text.diagnostics.contains("also have rows of OpenBLAS 9.8.7 pthread, Slow"), "\(text.diagnostics)")
  }

  @Test func twoMachinesOrContradictionsAreNotPooled() throws {
    let (first, second) = (folder.url("first.csv").path, folder.url("second.csv").path)
    try table(machine: "A").write(to: first)
    try table(times: 2.5, machine: "B").write(to: second)
    let merged = try BuiltCommand.run(["merge", first, second])
    #expect(merged.status == 65 && merged.output.isEmpty)
    #expect(merged.diagnostics.contains("two machines (A; B): the second takes 2.50 times"), "\(merged.diagnostics)")
    // Without the column, their times tell.
    func plain(_ factor: Double, _ name: String) throws -> String {
      var table = try table(times: factor, machine: "")
      table.otherColumns = []
      return try folder.file(name, table.csv())
    }
    let unnamed = try BuiltCommand.run(["merge", plain(1, "a.csv"), plain(3, "b.csv")])
    #expect(unnamed.status == 65 && unnamed.diagnostics.contains("contradict each other"), "\(unnamed.diagnostics)")
    #expect(try BuiltCommand.run(["merge", plain(1, "a.csv"), plain(1.2, "b.csv")]).status == 0)
    // Put together by hand they are not fitted either.
    let rows = try String(contentsOfFile: second, encoding: .utf8).split(separator: "\n").dropFirst()
    let both = try folder.file(
      "both.csv", String(contentsOfFile: first, encoding: .utf8) + rows.joined(separator: "\n") + "\n")
    let fit = try BuiltCommand.run(["fit", both])
    #expect(fit.status == 65 && fit.diagnostics.contains("two machines"), "\(fit.diagnostics)")
  }

  @Test func fitSaysWhetherATableIsFitForUse() throws {
    let good = try BuiltCommand.run(["fit", folder.file("good.csv", PlantedHost.table().csv())])
    #expect(good.status == 0 && good.output.contains("Yes: forecasts may rest on this table."))
    let busy = folder.url("busy.csv").path
    try table(machine: "here", other: ["waited": "0.7"]).write(to: busy)
    let result = try BuiltCommand.run(["fit", busy])
    #expect(result.status == 0 && result.output.contains("Not fit for use") && result.diagnostics.contains("70 %"))
  }

  @Test func shapesOfOnesOwnAreNoCalibration() throws {
    let shapes = try folder.file("shapes.csv", "m,k,n\n1,2,3\n4,5,6\n")
    let result = try BuiltCommand.run(
      ["calibrate", "--shapes", shapes], environment: ["XDG_DATA_HOME": folder.root.path])
    #expect(result.status == 64 && result.diagnostics.contains("--shapes needs --output"), "\(result.diagnostics)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: hosts.path).isEmpty)
  }

  /// `--if-missing` takes a table that is fit for use, and no other, for one.
  @Test func aTableThatIsNotFitIsMissing() throws {
    let here = try Self.machine.get()
    try keep(table(machine: here), as: "good.csv")
    func calibrate() throws -> BuiltCommand.Result {
      try BuiltCommand.run(
        ["calibrate", "--if-missing", "--threads", "9999"], environment: ["XDG_DATA_HOME": folder.root.path])
    }
    let found = try calibrate()
    #expect(found.status == 0 && found.output == hosts.appendingPathComponent("good.csv").path + "\n")
    try keep(table(machine: here, other: ["waited": "0.7"]), as: "good.csv")
    // It goes on to measure, which it cannot with so many threads.
    #expect(try calibrate().status == 64)
  }
}
