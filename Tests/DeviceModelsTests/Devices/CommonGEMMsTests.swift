import CalibrationData
import DataFiles
import Foundation
import GEMMTiming
import Testing

@testable import DeviceModels

@Suite struct CommonGEMMsTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  private func file(_ text: String) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("common.json").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func whatComesWithTheToolIsFoundAndHasEveryKind() throws {
    for kernels in CommonGEMMParameters.Kernels.allCases {
      #expect(CommonGEMMs.shipped.has(kernels))
      #expect(!CommonGEMMs.shipped.parameters(kernels).source.contains("round figures"))
    }
  }

  @Test func aFileIsReadAsItIsWritten() throws {
    let again = try CommonGEMMs(contentsOf: file(CommonGEMMs.shipped.json.text))
    #expect(again == CommonGEMMs.shipped)
  }

  @Test func withoutAFileRoundFiguresSayThatTheyAre() {
    let none = CommonGEMMs([:])
    #expect(!none.has(.registers))
    #expect(none.parameters(.registers).source.contains("round figures"))
  }

  @Test(arguments: [
    (#""gemmcast-common-gemms-1""#, #""gemmcast-device-1""#, "\"gemmcast-common-gemms-1\" is expected"),
    (#""kernels": "vector""#, #""kernels": "registers""#, "stand here twice"),
    (#""kernels": "vector""#, #""kernels": "valves""#, "one of bulk copies, registers, vector"),
    (#""headroom""#, #""head_room""#, "head_room"),
    (#""step_clocks": "#, #""step_clocks": -"#, "step_clocks"),
  ])
  func whatIsWrongIsNamedWithItsLine(right: String, wrong: String, mention: String) throws {
    let text = CommonGEMMs.shipped.json.text
    let range = try #require(text.range(of: right))
    let path = try file(text.replacingCharacters(in: range, with: wrong))
    let error = #expect(throws: FileError.self) { try CommonGEMMs(contentsOf: path) }
    #expect(error?.line != nil)
    #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
  }

  /// A device that sustains its peak has nothing that short kernels could regain; one that sustains half of it has.
  @Test func headroomIsWhatThePowerLimitTakes() throws {
    let device = try DeviceSpecification.builtIn(named: "rtx-4090")
    let set = CommonGEMMs.shipped.parameters(.registers)
    let cool = set.parameters(on: device, kernels: .registers, peak: 1e14, sustained: 1, elementSize: 2)
    let hot = set.parameters(on: device, kernels: .registers, peak: 1e14, sustained: 0.5, elementSize: 2)
    #expect(cool.throttling == 0)
    #expect(abs(hot.throttling - set.headroom) < 1e-12)
    #expect(abs(hot.computeFraction / (1 + hot.throttling) - 0.5 * set.sustainedShare) < 1e-12)
  }

  /// Weights of six turns fit L40S's 96 MB up to 16 MB each: from there on they come from memory.
  @Test func weightsThatStayInTheCacheAreFaster() throws {
    let device = try DeviceSpecification.builtIn(named: "l40s")
    let benchmark = DeviceModel(specification: device, shape: .unused, detail: .tiles)
    func ratio(_ extent: Int) throws -> Double {
      let shape = try GEMMShape(m: 16, k: extent, n: extent)
      return try benchmark.inSteps.predict(shape, .bf16).seconds / benchmark.predict(shape, .bf16).seconds
    }
    #expect(try ratio(2048) > 1.5)
    #expect(try abs(ratio(8192) - 1) < 0.01)
    // A device whose file knows its rows has what staying saves in its other parameters.
    let fitted = DeviceModel(specification: try .builtIn(named: "h100-sxm-80gb"), shape: .unused)
    let shape = try GEMMShape(m: 16, k: 1024, n: 1024)
    #expect(try fitted.inSteps.predict(shape, .bf16) == fitted.predict(shape, .bf16))
  }

  @Test func timesInAStepNeverFallEither() throws {
    for name in ["l40s", "b200-sxm", "rtx-pro-6000"] {
      let model = DeviceModel(specification: try .builtIn(named: name), shape: .unused, detail: .tiles).inSteps
      for m in [1, 64, 4096] {
        var last = 0.0
        for step in 1...200 {
          let time = try model.predict(GEMMShape(m: m, k: 1024, n: 64 * step), .bf16).seconds
          #expect(time >= last * (1 - 1e-12), "\(name) \(m)×1024×\(64 * step)")
          last = time
        }
      }
    }
  }
}
