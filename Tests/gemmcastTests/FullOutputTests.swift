import Foundation
import GEMMTiming
import Testing

/// Standard output or standard error on a disk without space.
@Suite struct FullOutputTests {
  static let commands = [
    "topology", "topology --format json", "merge TABLE", "import MEASURED", "fit TABLE", "fit TABLE --output -",
    "time --m 64 --k 64 --n 64 --device host --table TABLE", "table reference --table TABLE --format csv",
    "estimate reference --table TABLE", "validate TABLE --table TABLE",
    "sampling-study POOL OTHER --counts 24 --repeats 1",
    "calibrate --device a100-sxm-80gb --plan 8", "calibrate --threads 1 --core-type inherit --shapes SHAPES --output -",
    "calibrate --threads 1 --core-type inherit --shapes SHAPES --output NEW",
  ]

  let folder: TemporaryFolder
  let files: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    let rows = try PlantedHost.table().rows
    files = [
      "TABLE": try folder.file("table.csv", TimingTable(rows: rows).csv()),
      "POOL": try folder.file("pool.csv", TimingTable(rows: rows.filter { $0.shape.m != 100 }).csv()),
      "OTHER": try folder.file("other.csv", TimingTable(rows: rows.filter { $0.shape.m == 100 }).csv()),
      "MEASURED": try folder.file(
        "measured.csv",
        "framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency\n"
          + "x,1,h100,gemm,y,float16,64,128,256,0.01\n"),
      "SHAPES": try folder.file("shapes.csv", "m,k,n\n5,7,11\n"), "NEW": folder.url("new.csv").path,
    ]
  }

  private func arguments(_ command: String) -> [String] {
    command.split(separator: " ").map { files[String($0)] ?? String($0) }
  }

  @Test(arguments: commands) func aResultThatCannotBeWrittenIsAFailure(command: String) throws {
    let result = try BuiltCommand.run(arguments(command), full: [.standardOutput])
    #expect(result.status == 74, "\(result.diagnostics)")
    let last = result.diagnostics.split(separator: "\n").last
    #expect(last == "gemmcast: error: standard output: cannot be written", "\(result.diagnostics)")
  }

  @Test(arguments: commands) func diagnosticsThatCannotBeWrittenCostNoResult(command: String) throws {
    let result = try BuiltCommand.run(arguments(command), full: [.standardError])
    #expect(result.status == 0 && !result.output.isEmpty)
  }

  @Test(arguments: ["time --m x", "fit nowhere.csv", "merge"])
  func aFailureThatCannotBeToldKeepsItsStatus(command: String) throws {
    let heard = try BuiltCommand.run(arguments(command))
    let unheard = try BuiltCommand.run(arguments(command), full: [.standardError])
    #expect(heard.status == unheard.status && [64, 66].contains(heard.status))
  }
}
