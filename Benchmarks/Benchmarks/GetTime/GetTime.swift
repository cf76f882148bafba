import Benchmark
import DeviceModels
import GEMMTiming
import HostCalibration

// Predictions a second on one core, each with its interval, through the library. No two shapes are alike.

let benchmarks: @Sendable () -> Void = {
  let rate = BenchmarkMetric.custom("predictions a second", polarity: .prefersLarger, useScalingFactor: false)
  // Of a device, the type that is usual on it, and the slowest of its element types, outside of steps and in them.
  let devices = DeviceSpecification.builtInNames.flatMap { name in
    [
      ("\(name), usual type", ModelCache { try SampleModels.usual(name) }),
      ("\(name), slowest type", ModelCache { try SampleModels.questions(name) }),
    ]
  }
  let host = ModelCache { [Question(model: try SampleModels.host(), dtype: .fp32)] }
  for (name, cache) in devices + [("fitted host, shapes of a standard calibration", host)] {
    Benchmark(
      name,
      configuration: .init(
        metrics: [rate], units: [rate: .count], warmupIterations: 2, maxDuration: .seconds(4), maxIterations: 200)
    ) { benchmark in
      do {
        let (questions, shapes) = try cache.value()
        var slowest = Double.infinity
        for question in questions {
          var total = 0.0
          let spent = try ContinuousClock().measure {
            for shape in shapes { total += try question.model.predict(shape, question.dtype).high }
          }
          blackHole(total)
          let (seconds, attoseconds) = spent.components
          slowest = min(slowest, Double(shapes.count) / (Double(seconds) + 1e-18 * Double(attoseconds)))
        }
        benchmark.measurement(rate, Int(slowest))
      } catch {
        benchmark.error("\(error)")
      }
    }
  }
}

/// A model and the element type that it is asked for.
struct Question {
  let model: any GEMMTimeModel
  let dtype: DataType
}

/// Models and the shapes that they are asked for, made before the first iteration.
final class ModelCache: @unchecked Sendable {
  private let make: @Sendable () throws -> [Question]
  private var made: ([Question], [GEMMShape])?

  init(_ make: @escaping @Sendable () throws -> [Question]) { self.make = make }

  func value() throws -> ([Question], [GEMMShape]) {
    if let made { return made }
    let value = (try make(), try SampleModels.shapes(10_000))
    made = value
    return value
  }
}
