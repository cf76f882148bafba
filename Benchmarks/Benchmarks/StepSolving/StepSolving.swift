import Benchmark
import DeviceModels
import GEMMTiming
import TransformerModels

// Seconds for building and solving whole training steps, every operation of every stage, on one core.

let benchmarks: @Sendable () -> Void = {
  let build = BenchmarkMetric.custom("build (ms)", useScalingFactor: false)
  let solve = BenchmarkMetric.custom("solve (ms)", useScalingFactor: false)
  let both = BenchmarkMetric.custom("build and solve (ms)", useScalingFactor: false)
  let nodes = BenchmarkMetric.custom("operations (thousands)", useScalingFactor: false)
  let metrics = [build, solve, both, nodes]
  for sample in SamplePlans.all {
    Benchmark(
      sample.name,
      configuration: .init(
        metrics: metrics + [.peakMemoryResident],
        units: Dictionary(uniqueKeysWithValues: metrics.map { ($0, .count) }), warmupIterations: 1,
        maxDuration: .seconds(20), maxIterations: 7)
    ) { benchmark in
      do {
        let (model, plan, options) = try sample.make()
        let device = try SamplePlans.device()
        let clock = ContinuousClock()
        func milliseconds(_ duration: Duration) -> Int {
          let (seconds, attoseconds) = duration.components
          return Int(Double(seconds) * 1e3 + Double(attoseconds) * 1e-15)
        }
        var step: StepGraph?
        let building = try clock.measure {
          step = try StepGraph(model: model, plan: plan, options: options, timeModel: device)
        }
        guard let step else { return }
        let solving = clock.measure { blackHole(StepSchedule(step)) }
        benchmark.measurement(build, milliseconds(building))
        benchmark.measurement(solve, milliseconds(solving))
        benchmark.measurement(both, milliseconds(building + solving))
        benchmark.measurement(nodes, step.nodeCount / 1000)
      } catch {
        benchmark.error("\(error)")
      }
    }
  }
}
