import DataFiles
import ForeignTables
import Testing

@Suite struct ProfiledStepTests {
  private static func kernel(_ start: Double, _ time: Double, device: Int? = 0) -> String {
    "{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"k\",\"pid\":0,\"tid\":7,\"ts\":\(start),\"dur\":\(time),\"args\":{"
      + (device.map { "\"device\":\($0)" } ?? "") + "}}"
  }

  /// Kernels that run beside each other fill their time once.
  @Test func busyTimeIsWhatAnyKernelFills() throws {
    let kernels = [(100.0, 30.0), (110, 5), (125, 15), (160, 10), (170, 10), (200, 1)]
    let step = try ProfiledStep(text: KinetoTests.trace(kernels.map { Self.kernel($0.0, $0.1) }), file: "f")
    let filled = (100..<201).count { moment in
      kernels.contains { $0.0 <= Double(moment) && Double(moment) < $0.0 + $0.1 }
    }
    #expect(isClose(step.span ?? 0, 101e-6) && isClose(step.busy ?? 0, Double(filled) * 1e-6))
    #expect(isClose(step.seconds, 71e-6) && step.isGPU && !step.hasShapes && step.steps == 0)
  }

  @Test(arguments: [([0, 0, 0], 1), ([0, 1, 1], 2), ([nil, nil, nil], 1)])
  func devicesAreCounted(_ devices: [Int?], _ count: Int) throws {
    let events = devices.enumerated().map { Self.kernel(Double($0), 1, device: $1) }
    #expect(try ProfiledStep(text: KinetoTests.trace(events), file: "f").devices == count)
  }

  @Test func ranksAndStepsAreTold() throws {
    let marks = (3...5).map {
      "{\"ph\":\"X\",\"cat\":\"user_annotation\",\"name\":\"ProfilerStep#\($0)\",\"pid\":1,\"tid\":1,\"ts\":\($0),\"dur\":1}"
    }
    let text = KinetoTests.trace([Self.kernel(1, 2)] + marks + marks).replacing(
      "{\"schemaVersion\":1,", with: "{\"schemaVersion\":1,\"distributedInfo\":{\"rank\":3,\"world_size\":8},")
    let step = try ProfiledStep(text: text, file: "f")
    #expect(step.steps == 3 && step.rank == 3 && step.ranks == 8 && step.device == "NVIDIA H100 80GB HBM3")
    #expect(try ProfiledStep(text: KinetoTests.trace([Self.kernel(1, 2)]), file: "f").ranks == nil)
  }

  /// All kernels' time is in the pieces, and the time of products has shapes.
  @Test func aLayersTimeIsInItsPieces() throws {
    let layer = KinetoTests.Layer()
    let step = try ProfiledStep(text: layer.text, file: "f")
    let products = step.pieces.filter { $0.kind == .gemm }
    #expect(isClose(products.reduce(0) { $0 + $1.seconds }, layer.products.reduce(0) { $0 + $1.microseconds } * 1e-6))
    #expect(products.allSatisfy { $0.work != nil } && step.hasShapes)
    #expect(isClose(step.seconds, layer.products.reduce(20 + 90 + 40.5) { $0 + $1.microseconds } * 1e-6))
  }
}
