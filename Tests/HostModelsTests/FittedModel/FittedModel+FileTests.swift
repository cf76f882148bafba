import DataFiles
import Foundation
import GEMMTiming
import Testing

@testable import HostModels

@Suite struct FittedModelFileTests {
  @Test func roundTripIsExact() throws {
    let model = try PlantedHost.model.get()
    let text = try FittedModel.json([model, model])
    let read = try FittedModel.models(text, file: "model.json")
    #expect(read == [model, model])
    #expect(try FittedModel.json(read) == text)
    let shape = try GEMMShape(m: 77, k: 1234, n: 3)
    #expect(try read[0].predict(shape, .fp32) == model.predict(shape, .fp32))
  }

  @Test func writesAndReadsAFile() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("fit-\(UUID().uuidString).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = try PlantedHost.model.get()
    try FittedModel.write([model], to: path)
    #expect(try FittedModel.models(contentsOf: path) == [model])
  }

  @Test func refusesOtherFilesAtTheirPlace() throws {
    func failure(_ text: String) throws -> FileError? {
      do {
        _ = try FittedModel.models(text, file: "model.json")
        return nil
      } catch {
        return error
      }
    }
    #expect(try failure("{\"a\": 1}")?.description == "model.json:1:1: format is missing; add it")
    let other = try #require(try failure("{\n  \"format\": \"x\", \"version\": 1}"))
    #expect(other.line == 2 && other.column == 13)
    let newer = try #require(try failure("{\"format\": \"gemmcast-fitted-model\", \"version\": 99, \"models\": []}"))
    #expect(newer.problem == "is version 99 of the format")
    #expect(try failure("{\"format\": \"gemmcast-fitted-model\", \"version\": 2, \"models\": []}") != nil)
    let good = try FittedModel.json([PlantedHost.model.get()])
    for (part, replacement) in [
      ("\"row_panels\" : [", "\"row_panels\" : [0, "), ("\"coefficients\" : [", "\"coefficients\" : [1.0, "),
      ("\"amplitude\" : ", "\"amplitude\" : -"), ("\"cache\" : \"hot\"", "\"cache\" : \"warm\""),
      ("\"dtype\" : \"fp32\"", "\"dtype\" : \"fp31\""), ("\"overall\"", "\"overal\""),
      ("\"rows\" : \"", "\"rows\" : \"AAAAAAAA8D8"), ("\"rows\" : \"", "\"rows\" : \"AAAA"),
      ("\"depth\" : ", "\"depth\" : true, \"x\" : "),
    ] {
      #expect(good.contains(part))
      let broken = good.replacingOccurrences(of: part, with: replacement)
      let error = try #require(try failure(broken), "\(part)")
      #expect(error.line != nil && error.column != nil, "\(part)")
    }
  }
}
