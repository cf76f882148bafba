import Benchmark
import DeviceModels
import GEMMTiming
import HostCalibration

// Predictions a second on one core, through the library.

let benchmarks: @Sendable () -> Void = {
  let rate = BenchmarkMetric.custom("predictions a second", polarity: .prefersLarger, useScalingFactor: false)
  let models: [(name: String, dtype: DataType, make: @Sendable () throws -> any GEMMTimeModel)] = [
    ("h100-sxm-80gb, bf16", .bf16, { try SampleModels.device("h100-sxm-80gb") }),
    ("a100-sxm-80gb, bf16, with a remainder", .bf16, { try SampleModels.device("a100-sxm-80gb") }),
    ("b200-sxm, fp8", .fp8, { try SampleModels.device("b200-sxm") }),
    ("fitted host, shapes of a standard calibration", .fp32, { try SampleModels.host() }),
  ]
  for (name, dtype, make) in models {
    let cache = ModelCache(make)
    Benchmark(
      name,
      configuration: .init(
        metrics: [rate], units: [rate: .count], warmupIterations: 2, maxDuration: .seconds(8), maxIterations: 200)
    ) { benchmark in
      do {
        let (model, shapes) = try cache.value()
        var total = 0.0
        let spent = try ContinuousClock().measure {
          for shape in shapes { total += try model.predict(shape, dtype).seconds }
        }
        blackHole(total)
        let (seconds, attoseconds) = spent.components
        benchmark.measurement(rate, Int(Double(shapes.count) / (Double(seconds) + 1e-18 * Double(attoseconds))))
      } catch {
        benchmark.error("\(error)")
      }
    }
  }
}

/// A model and the shapes that it is asked for, made before the first iteration.
final class ModelCache: @unchecked Sendable {
  private let make: @Sendable () throws -> any GEMMTimeModel
  private var made: (any GEMMTimeModel, [GEMMShape])?

  init(_ make: @escaping @Sendable () throws -> any GEMMTimeModel) { self.make = make }

  func value() throws -> (any GEMMTimeModel, [GEMMShape]) {
    if let made { return made }
    let value = (try make(), try SampleModels.shapes(10_000))
    made = value
    return value
  }
}
