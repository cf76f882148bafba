import GEMMTiming
import SeededRandom
import Testing

@testable import DeviceModels

@Suite struct DeviceSpecificationHostTests {
  private let hosts = [
    RooflineShape(computeFraction: 0.6, bandwidthFraction: 0.69, kneeSharpness: 1),
    RooflineShape(computeFraction: 1, bandwidthFraction: 0.95, kneeSharpness: 9),
  ]

  /// Whatever a host says, what is said not to need one is the same bit by bit; what needs one is not.
  @Test(arguments: DeviceSpecification.builtInNames) func whatNeedsNoHostDoesNotDependOnOne(_ name: String) throws {
    let specification = try DeviceSpecification.builtIn(named: name)
    var generator = SplitMix64(seed: 5)
    let models = hosts.map { DeviceModel(specification: specification, shape: $0) }
    for dtype in DataType.allCases where specification.peaks[dtype] != nil {
      let shapes = try (0..<40).map { _ in
        try GEMMShape(
          m: .random(in: 1...9000, using: &generator), k: .random(in: 1...9000, using: &generator),
          n: .random(in: 1...9000, using: &generator))
      }
      let differ = try shapes.contains { try models[0].predict($0, dtype) != models[1].predict($0, dtype) }
      let needsHost = specification.needsHost(for: .gemms([dtype]))
      #expect(!differ || needsHost, "\(name) \(dtype)")
      // Kernels without matrix units stand in for few of a matrix unit's products.
      let standsIn = specification.usesMatrixUnits(dtype) && specification.sustainedMatmulFraction != nil
      #expect(differ || !needsHost || standsIn, "\(name) \(dtype)")
      guard !specification.needsHost(for: .step(dtype)) else { continue }
      for kind in MemoryTraffic.Kind.allCases {
        let traffic = GEMMTiming.Operation.memory(MemoryTraffic(kind, read: 3e7, written: 1e7, rows: 2048))
        #expect(try models[0].predict(traffic) == models[1].predict(traffic))
      }
    }
  }

  @Test func lessThanTheDeviceFileNeedsTheHost() throws {
    let specification = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    #expect(!specification.needsHost(for: .step(.bf16)))
    #expect(!specification.needsHost(for: .step(.bf16), detail: .roofline))
    #expect(specification.needsHost(for: .step(.bf16), detail: .tiles))
    #expect(!specification.needsHost(for: .gemms([.fp32]), detail: .tiles))
    #expect(specification.needsHost(for: .gemms([.bf16]), detail: .ceilings))
    #expect(try DeviceSpecification.builtIn(named: "a10g").needsHost(for: .gemms([.bf16])))
    #expect(try !DeviceSpecification.builtIn(named: "l40s").needsHost(for: .gemms([.bf16])))
  }

  /// A spoilt host moves no GPU further than the range that GPUs are known in.
  @Test func whatAHostContributesIsBounded() throws {
    let spoilt = RooflineShape(computeFraction: 0.01, bandwidthFraction: 0.0137, kneeSharpness: 3)
    let held = spoilt.heldToDevices
    #expect(held.computeFraction == 0.6 && held.bandwidthFraction == 0.69 && held.kneeSharpness == 3)
    let usual = RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.8, kneeSharpness: 3)
    #expect(usual.heldToDevices == usual)
    let specification = try DeviceSpecification.builtIn(named: "l40s")
    let traffic = GEMMTiming.Operation.memory(MemoryTraffic(.residual, read: 1e9, written: 1e9))
    let worst = try DeviceModel(specification: specification, shape: spoilt).predict(traffic)
    let best = try DeviceModel(specification: specification, shape: usual).predict(traffic)
    #expect(worst.seconds / best.seconds < 0.8 / 0.69 + 1e-9)
  }
}
