import GEMMTiming

@testable import HostCalibration

/// A measurer whose timings come from a formula, and which can be slow, fail, or raise a flag at a given moment.
final class SimulatedMeasurer: Measurer {
  let setting: MeasurerSetting
  /// What was asked for, canaries excepted.
  private(set) var requests: [WorkItem] = []
  private(set) var isClosed = false
  /// Called before each measurement with the number of items measured so far; may throw.
  var before: (Int) throws(CalibrationError) -> Void = { _ throws(CalibrationError) in }
  /// The factor on the canary's time after so many items.
  var canarySlowdown: (Int) -> Double = { _ in 1 }

  /// The factor on an item's time after so many items.
  var itemSlowdown: (Int) -> Double = { _ in 1 }

  /// The time limits of the canaries.
  private(set) var canaryLimits: [Double] = []

  /// The core's slowdown beside a visit after so many items; times are longer by as much.
  var sharing: ((Int) -> Double)?

  init(threads: Int, kernel: String = "Simulated") {
    setting = MeasurerSetting(
      openBLAS: OpenBLASBuild(
        version: "9.9", configuration: "OpenBLAS 9.9", kernel: kernel, threads: threads, threading: .pthread),
      pinnedTo: Array(0..<threads))
  }

  static func seconds(_ item: WorkItem) -> Double {
    (1e-6 + item.shape.flops / 1e11 + item.operandBytes / 2e10) / Double(item.threads)
  }

  func measure(_ request: MeasurementRequest) throws(CalibrationError) -> Measurement {
    let isCanary =
      request.item.shape.m == Canary.extent(threads: request.item.threads) && request.stopping == Canary.stopping
    var time = Self.seconds(request.item)
    var slowdown: Double?
    if isCanary {
      time *= canarySlowdown(requests.count)
      canaryLimits.append(request.timeLimit)
    } else {
      try before(requests.count)
      slowdown = sharing?(requests.count)
      time *= itemSlowdown(requests.count) * (slowdown ?? 1)
      requests.append(request.item)
    }
    let samples = Array(repeating: time, count: request.stopping.minimumSamples)
    return Measurement(
      samples: samples, callsPerSample: 1,
      state: HostState(coreSlowdown: slowdown, stolenSeconds: 0.5, involuntarySwitches: 1),
      wallSeconds: 1e-3, pinnedTo: setting.pinnedTo)
  }

  func trim(to bytes: Double) {}

  func close() { isClosed = true }
}
