import DataFiles
import Foundation
import GEMMTiming
import Testing

@Suite struct DevicePlanTests {
  let folder: TemporaryFolder
  let environment: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    environment = ["GEMMCAST_TABLE": try folder.file("host.csv", PlantedHost.table().csv())]
  }

  @Test func aPlanIsAListOfShapesAndTheSameTwice() throws {
    let path = folder.url("plan.csv").path(percentEncoded: false)
    let command = ["calibrate", "--device", "h100-sxm-80gb", "--plan", "12", "--model", "llama-3.1-8b"]
    let result = try BuiltCommand.run(command + ["--output", path], environment: environment)
    #expect(result.status == 0, "\(result.diagnostics)")
    let list = try ShapeList(contentsOf: path)
    #expect(list.items.count == 12)
    #expect(Set(list.items.map(\.shape)).count == 12)
    #expect(list.items.allSatisfy { $0.dtype == .bf16 })
    let again = try BuiltCommand.run(command, environment: environment)
    #expect(again.output == (try String(contentsOfFile: path, encoding: .utf8)))
    let other = try BuiltCommand.run(command + ["--seed", "2"], environment: environment)
    #expect(other.status == 0 && other.output != again.output)
  }

  @Test(arguments: [
    (["--plan", "5"], 64), (["--plan", "0", "--device", "t4"], 64), (["--device", "t4"], 64),
    (["--plan", "5", "--device", "nowhere.json"], 66),
    (["--plan", "5", "--device", "v100-pcie-32gb", "--dtype", "fp8"], 64),
  ])
  func whatCannotBePlannedIsSaid(_ arguments: [String], _ status: Int) throws {
    let result = try BuiltCommand.run(["calibrate"] + arguments, environment: environment)
    #expect(result.status == Int32(status), "\(result.diagnostics)")
  }

  @Test func rowsTeachWhatADeviceFileCarries() throws {
    var rows: [[String]] = []
    for m in [1, 64, 1024] {
      for k in [128, 1024, 4096] {
        for n in [256, 2048, 8192] {
          let seconds = 5e-6 + 2 * Double(m * k * n) / 200e12 + 2 * Double(k * n) / 0.7e12
          rows.append(["l40s", "bf16", "\(m)", "\(k)", "\(n)", "1", TimingTable.microseconds(seconds)])
        }
      }
    }
    let table = try folder.file(
      "l40s.csv", CSVDocument.serialize(header: TimingTable.requiredColumns, rows: rows))
    let result = try BuiltCommand.run(
      ["fit", table, "--device", "l40s", "--source", "planted"], environment: environment)
    #expect(result.status == 0, "\(result.diagnostics)")
    let fits = try JSONDocument(text: result.output, file: "fit").root.array()
    #expect(fits.count == 1)
    #expect(try fits[0].required("source").string() == "fitted to 27 bf16 rows: planted")
    #expect(try fits[0].required("launch_s").double() > 0)
    #expect(try BuiltCommand.run(["fit", table, "--device", "t4"], environment: environment).status == 65)
  }
}
