import Foundation
import GEMMTiming
import SeededRandom
import Testing

@testable import DeviceModels

struct DeviceModelTests {
  private static let shape = RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3)

  private func model(_ name: String, detail: DeviceModel.Detail = .shipped) throws -> DeviceModel {
    DeviceModel(specification: try .builtIn(named: name), shape: Self.shape, detail: detail)
  }

  /// Extents of every order of magnitude, some at the edges of tiles, the same in every run.
  private func randomShapes(_ count: Int, seed: UInt64) throws -> [GEMMShape] {
    var generator = SplitMix64(seed: seed)
    func extent(_ limit: Double) -> Int {
      let value = Double.random(in: 0...1, using: &generator) * limit
      let rounded = Int(exp2(value))
      return Bool.random(using: &generator)
        ? rounded : max(1, (rounded + 63) / 64 * 64 + Int.random(in: -1...1, using: &generator))
    }
    return try (0..<count).map { _ in
      try GEMMShape(
        m: extent(15), k: extent(15), n: extent(15), batch: Bool.random(using: &generator) ? 1 : extent(8))
    }
  }

  @Test(arguments: DeviceSpecification.builtInNames)
  func timeNeverFallsAsAnExtentGrows(name: String) throws {
    for detail in [DeviceModel.Detail.tiles, .shipped] {
      let model = try model(name, detail: detail)
      for (index, shape) in try randomShapes(200, seed: 11).enumerated() {
        let dtype = DataType.allCases[index % DataType.allCases.count]
        guard model.peakFlops(dtype) != nil else { continue }
        let time = try model.predict(shape, dtype).seconds
        for step in [1, 16, 128, 1000] {
          // Rows stay as aligned as they are when they grow by whole vectors; one element more may be a gain.
          let whole = (step + 15) / 16 * 16
          let larger = [
            try GEMMShape(m: shape.m + step, k: shape.k, n: shape.n, batch: shape.batch),
            try GEMMShape(m: shape.m, k: shape.k + whole, n: shape.n, batch: shape.batch),
            try GEMMShape(m: shape.m, k: shape.k, n: shape.n + whole, batch: shape.batch),
            try GEMMShape(m: shape.m, k: shape.k, n: shape.n, batch: shape.batch + step),
          ]
          for other in larger {
            let grown = try model.predict(other, dtype).seconds
            #expect(grown >= time * (1 - 1e-12), "\(name) \(dtype) \(shape) → \(other)")
          }
        }
      }
    }
  }

  /// Own rows of H100 and H200 with odd k are six times as slow as their neighbours.
  @Test(arguments: ["h100-sxm-80gb", "a100-sxm-80gb"])
  func rowsThatBeginOffSixteenBytesAreSlow(name: String) throws {
    let model = try model(name, detail: .shipped)
    func seconds(_ k: Int, _ n: Int, _ dtype: DataType) throws -> TimePrediction {
      try model.predict(GEMMShape(m: 4096, k: k, n: n, batch: 1), dtype)
    }
    let aligned = try seconds(4096, 4096, .bf16)
    let odd = try seconds(4095, 4096, .bf16)
    #expect(odd.seconds > 2 * aligned.seconds)
    #expect(odd.high / odd.seconds > aligned.high / aligned.seconds)
    #expect(try seconds(4094, 4096, .bf16).seconds < odd.seconds)
    #expect(try seconds(4092, 4096, .bf16).seconds < seconds(4094, 4096, .bf16).seconds)
    #expect(try seconds(4096, 4095, .bf16).seconds > 2 * aligned.seconds)
    // Eight elements of two bytes, four of four; kernels without matrix units do not mind.
    #expect(try seconds(4088, 4096, .bf16).seconds <= aligned.seconds)
    #expect(try seconds(4092, 4096, .tf32).seconds <= seconds(4096, 4096, .tf32).seconds)
    #expect(try seconds(4095, 4096, .fp32).seconds <= seconds(4096, 4096, .fp32).seconds)
  }

  @Test(arguments: DeviceSpecification.builtInNames, DeviceModel.Detail.allCases)
  func timeIsNeverBelowTheSpecificationsLimit(name: String, detail: DeviceModel.Detail) throws {
    let model = try model(name, detail: detail)
    for shape in try randomShapes(200, seed: 5) {
      for (dtype, peak) in model.specification.peaks {
        let prediction = try model.predict(shape, dtype)
        // Some cards run above their specification's clock, and a cache may hold what does not fill it.
        let sustained = [model.specification.sustainedMatmulFraction, model.specification.sustainedVectorFraction]
        let clock = sustained.compactMap { $0?.value }.reduce(1, max)
        let ratio = shape.bytes(dtype) / (1.1 * model.specification.cacheCapacity.value)
        let missed = 1 - 1 / (1 + pow(ratio, 6))
        let limit = max(
          shape.flops / (clock * peak.value),
          missed * shape.bytes(dtype) / model.specification.memoryBandwidth.value)
        #expect(prediction.seconds >= limit * (1 - 1e-12))
        #expect(prediction.low <= prediction.seconds && prediction.seconds <= prediction.high)
        #expect(prediction.high.isFinite)
      }
    }
  }

  @Test func newerDevicesOfAFamilyAreNeverSlower() throws {
    let dtypes: [DataType] = [.bf16, .fp16, .fp8, .int8, .tf32, .fp32]
    for detail in [DeviceModel.Detail.tiles, .shipped] {
      let devices = try ["h100-sxm-80gb", "h200-sxm-141gb", "b200-sxm"].map { try model($0, detail: detail) }
      for (index, shape) in try randomShapes(3000, seed: 3).enumerated() {
        // bf16 every other time: it is what most people ask for, and what rows taught.
        let dtype = index.isMultiple(of: 2) ? .bf16 : dtypes[index / 2 % dtypes.count]
        let times = try devices.map { try $0.predict(shape, dtype).seconds }
        #expect(times[1] <= times[0] * (1 + 1e-12), "\(dtype) \(shape): H200 \(times[1]), H100 \(times[0])")
        // Rows taught H200, none B200: what is said of the two may cross within the interval.
        if detail == .shipped, dtype == .fp32 { continue }
        let newest = detail == .shipped ? try devices[2].predict(shape, dtype).low : times[2]
        #expect(newest <= times[1] * (1 + 1e-12), "\(dtype) \(shape): B200 \(newest), H200 \(times[1])")
      }
    }
  }

  /// Pairs of which the second has no figure worse than the first, but for B300's and GB300's int8.
  @Test(arguments: [
    ("h100-sxm-80gb", "gh200"), ("b200-sxm", "b300-sxm"), ("gb200", "gb300"), ("mi300x", "mi325x"),
    ("a40", "rtx-a6000"),
  ])
  func aSiblingWithMoreOfEverythingIsNeverSlower(older: String, newer: String) throws {
    for detail in [DeviceModel.Detail.tiles, .shipped] {
      let (first, second) = (try model(older, detail: detail), try model(newer, detail: detail))
      // Rows taught one of the two: what is said of them may cross.
      if detail == .shipped, first.specification.gemmFits.isEmpty != second.specification.gemmFits.isEmpty { continue }
      let dtypes = [DataType.bf16, .fp16, .fp8, .int8, .tf32, .fp32].filter { dtype in
        guard let peak = first.peakFlops(dtype), let other = second.peakFlops(dtype) else { return false }
        return other >= peak
      }
      #expect(dtypes.count >= 4)
      for (index, shape) in try randomShapes(1000, seed: 31).enumerated() {
        let dtype = dtypes[index % dtypes.count]
        let times = (try first.predict(shape, dtype).seconds, try second.predict(shape, dtype).seconds)
        // Kernels of rows off 16 bytes are as fast on both, whatever the rest sustains.
        let chance = detail == .tiles ? 0.01 : 1e-12
        #expect(times.1 <= times.0 * (1 + chance), "\(dtype) \(shape): \(newer) \(times.1), \(older) \(times.0)")
      }
    }
  }

  /// Kernels without matrix units turn a single product's weight on the way, so two products take less than twice one;
  /// but never less than one.
  @Test func aSingleProductCostsNoMoreThanTwo() throws {
    let model = try model("p100-pcie-16gb", detail: .tiles)
    var isCheaperInPairs = false
    for shape in try randomShapes(300, seed: 9) where shape.batch == 1 {
      let one = try model.predict(shape, .fp32).seconds
      let two = try model.predict(GEMMShape(m: shape.m, k: shape.k, n: shape.n, batch: 2), .fp32).seconds
      #expect(one <= two * (1 + 1e-12), "\(shape)")
      if one > two / 2 * 1.02, one > 1e-3 { isCheaperInPairs = true }
    }
    #expect(isCheaperInPairs)
  }

  /// Rows far apart overrun the address translations of a device whose file gives their reach: the same flops take
  /// longer with a longer k.
  @Test func distantRowsCostTranslations() throws {
    let pascal = try model("p100-pcie-16gb", detail: .tiles)
    let near = try GEMMShape(m: 4096, k: 4096, n: 16384)
    let far = try GEMMShape(m: 4096, k: 65536, n: 1024)
    let ratio = try pascal.predict(far, .fp32).seconds / pascal.predict(near, .fp32).seconds
    #expect(ratio > 1.9 && ratio < 3)
    let volta = try model("v100-pcie-32gb", detail: .tiles)
    #expect(try volta.predict(far, .fp32).seconds / volta.predict(near, .fp32).seconds < 1.2)
  }

  @Test func anElementTypeWithoutAUnitIsRefusedByName() throws {
    let model = try model("v100-pcie-32gb")
    let error = #expect(throws: UnsupportedOperation.self) {
      try model.predict(try GEMMShape(m: 8, k: 8, n: 8), .fp8)
    }
    #expect(error?.device == "v100-pcie-32gb")
    #expect(error?.reason.contains("fp32, fp16") == true)
  }

  @Test func theLargestShapesStayFinite() throws {
    let limit = GEMMShape.maximumExtent
    let shape = try GEMMShape(m: limit, k: limit, n: limit, batch: limit)
    for name in DeviceSpecification.builtInNames {
      let prediction = try model(name).predict(shape, .fp32)
      #expect(prediction.seconds.isFinite && prediction.seconds > 0)
    }
  }

  @Test func largeGEMMsTendToTheSustainedPeak() throws {
    let model = try model("a100-sxm-80gb", detail: .tiles)
    let shape = try GEMMShape(m: 65536, k: 16384, n: 65536)
    let fraction = shape.flops / (try model.predict(shape, .bf16).seconds) / 312e12
    #expect(abs(fraction / 0.869 - 1) < 0.1)
  }

  @Test func memoryPassesAndAttentionGrowWithTheirWork() throws {
    for name in DeviceSpecification.builtInNames {
      let model = try model(name)
      for kind in MemoryTraffic.Kind.allCases {
        var last = 0.0
        for power in stride(from: 8.0, through: 36, by: 0.5) {
          let half = exp2(power)
          let time = try model.predict(.memory(MemoryTraffic(kind, read: half, written: half))).seconds
          #expect(time > last && time >= 2 * half / model.specification.memoryBandwidth.value)
          last = time
        }
      }
      var last = 0.0
      for length in [1, 16, 100, 128, 129, 500, 512, 2048, 8192, 65536] {
        let shape = try AttentionShape(
          batch: 2, heads: 32, keyValueHeads: 8, headDimension: 128, queryLength: length, keyLength: length,
          causal: true)
        let time = try model.predict(.attention(shape, model.peakFlops(.fp16) == nil ? .fp32 : .fp16)).seconds
        #expect(time >= last)
        last = time
      }
    }
  }
}
