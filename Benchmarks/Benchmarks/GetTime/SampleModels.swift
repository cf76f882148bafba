import DeviceModels
import Foundation
import GEMMTiming
import HostCalibration
import HostModels

/// Models whose speed does not depend on what was measured where, and shapes to ask them for.
enum SampleModels {
  /// A device that comes with the tool, under a host's roofline with round figures.
  static func device(_ name: String) throws -> DeviceModel {
    DeviceModel(
      specification: try DeviceSpecification.builtIn(named: name),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.8, kneeSharpness: 4))
  }

  /// The element type that models run in on a device, as benchmarks use weights.
  static func usual(_ name: String) throws -> [Question] {
    let model = try device(name)
    let dtype = [DataType.bf16, .fp16].first { model.peakFlops($0) != nil } ?? .fp32
    return [Question(model: model, dtype: dtype)]
  }

  /// All element types of a device, as benchmarks use weights and as a step does.
  static func questions(_ name: String) throws -> [Question] {
    let model = try device(name)
    return DataType.allCases.filter { model.peakFlops($0) != nil }
      .flatMap { [Question(model: model, dtype: $0), Question(model: model.inSteps, dtype: $0)] }
  }

  /// A host fitted to as many shapes as a standard calibration on one thread measures; their times come from a formula.
  static func host() throws -> FittedModel {
    let plan = try MeasurementPlan.preset(.standard, topology: .discover(), threads: [1])
    let rows = plan.items.filter { $0.cache == .hot }.map { item in
      let streamed = 4.0 * Double(item.shape.m) * (item.routine == .copy ? 2 : 3)
      let seconds =
        item.routine == .gemm
        ? 1e-6 + item.shape.flops / 100e9 + item.shape.bytes(.fp32) / 20e9 : 1e-7 + streamed / 20e9
      return TimingRow(
        routine: item.routine, device: "planted", dtype: .fp32, shape: item.shape, seconds: seconds,
        low: seconds * 0.999, high: seconds * 1.001, samples: 20, threads: 1, cache: .hot)
    }
    let models = try FittedModel.fit(TimingTable(rows: rows), solver: LAPACKSolver())
    guard let model = models.first else { throw FitError.noGEMMRows }
    return model
  }

  /// Extents from 1 to 16,384, evenly on a logarithmic scale, no two alike, the same on every run.
  static func shapes(_ count: Int) throws -> [GEMMShape] {
    var state: UInt64 = 1
    func extent() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(exp2(14 * Double(state >> 11) * 0x1p-53))
    }
    var seen: Set<GEMMShape> = []
    var shapes: [GEMMShape] = []
    while shapes.count < count {
      let shape = try GEMMShape(m: extent(), k: extent(), n: extent())
      if seen.insert(shape).inserted { shapes.append(shape) }
    }
    return shapes
  }
}
