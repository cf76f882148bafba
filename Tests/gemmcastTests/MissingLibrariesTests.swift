import Foundation
import GEMMTiming
import Testing

/// Where OpenBLAS or hwloc is not installed, or another library goes by the name: forecasts run, measuring says why not.
@Suite struct MissingLibrariesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A table that is fitted in a moment.
  private func table() throws -> String {
    var table = try PlantedHost.table()
    table.rows.removeAll { [4, 100].contains($0.shape.m) || [16, 1024].contains($0.shape.k) || $0.shape.n == 8 }
    #expect(table.rows.count(where: { $0.routine == .gemm }) == 18)
    return try folder.file("host.csv", table.csv())
  }

  /// The environment in which the loader finds the file under that name first; an empty file is no library.
  private func hiding(_ name: String, by file: Data = Data()) throws -> [String: String] {
    try file.write(to: folder.url(name))
    return ["LD_LIBRARY_PATH": folder.root.path, "XDG_CACHE_HOME": folder.root.path]
  }

  private func forecast(_ environment: [String: String]) throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      ["time", "--m", "100", "--k", "200", "--n", "300", "--device", "host", "--format", "csv", "--table"]
        + [PlantedHost.fitted()], environment: environment)
  }

  @Test(arguments: [
    ("libopenblas.so.0", "OpenBLAS is not installed", "libopenblas0-pthread"),
    ("libhwloc.so.15", "hwloc is not installed", "libhwloc15"),
  ])
  func measuringSaysWhatToInstall(name: String, problem: String, package: String) throws {
    let environment = try hiding(name)
    for command in [["topology"], ["calibrate", "--output", folder.url("new.csv").path]] {
      let result = try BuiltCommand.run(command, environment: environment)
      #expect(result.status == 69 && result.output.isEmpty, "\(result.diagnostics)")
      #expect(result.diagnostics.contains(problem) && result.diagnostics.contains(package))
      #expect(result.diagnostics.split(separator: "\n").count == 1)
    }
    let (with, without) = (try forecast([:]), try forecast(environment))
    #expect(without.status == 0 && without.output == with.output, "\(without.diagnostics)")
    #expect(try BuiltCommand.run(["--version"], environment: environment).status == 0)
  }

  @Test func fitsAreTheSameWithoutOpenBLAS() throws {
    let table = try table()
    func time(_ environment: [String: String]) throws -> Double {
      let result = try BuiltCommand.run(
        ["time", "--m", "100", "--k", "200", "--n", "300", "--device", "host", "--format", "csv", "--table", table],
        environment: environment)
      #expect(result.status == 0, "\(result.diagnostics)")
      let fields = result.output.split(separator: "\n").last?.split(separator: ",") ?? []
      return try #require(fields.count > 6 ? Double(fields[6]) : nil)
    }
    let (with, without) = (try time(["XDG_CACHE_HOME": folder.url("a").path]), try time(hiding("libopenblas.so.0")))
    #expect(abs(without / with - 1) < 1e-3)
  }

  @Test func anotherLibraryOfTheNameIsNamed() throws {
    // Any library will do that is no OpenBLAS.
    // A file of /proc has no size: it is read to its end.
    let bytes = try #require(try FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd())
    let maps = String(decoding: bytes, as: UTF8.self)
    let other = try #require(maps.split(separator: "\n").first { $0.contains("/libm.so") }?.split(separator: " ").last)
    let environment = try hiding("libopenblas.so.0", by: Data(contentsOf: URL(fileURLWithPath: String(other))))
    let result = try BuiltCommand.run(["topology"], environment: environment)
    #expect(result.status == 69 && result.diagnostics.contains("another library under OpenBLAS's name"))
    #expect(try forecast(environment).status == 0)
  }

  @Test func aForecastNeedsLittleAddressSpace() throws {
    // As `ulimit -v` sets it: OpenBLAS's threads would ask for more and hang the exit.
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "ulimit -v 250000; exec \"$0\" time --m 8 --k 8 --n 8 --device host --table \"$1\"",
      BuiltCommand.executable.path, try table(),
    ]
    process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.root.path, "OPENBLAS_NUM_THREADS": "8"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
  }
}
