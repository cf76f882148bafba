import Benchmark
import TaskGraphs

// Nanoseconds a task for building, solving and scheduling graphs of a million tasks.

let benchmarks: @Sendable () -> Void = {
  let build = BenchmarkMetric.custom("build (ns per task)", useScalingFactor: false)
  let solve = BenchmarkMetric.custom("critical path (ns per task)", useScalingFactor: false)
  let length = BenchmarkMetric.custom("its length alone (ns per task)", useScalingFactor: false)
  let schedule = BenchmarkMetric.custom("schedule (ns per task)", useScalingFactor: false)
  let metrics = [build, solve, length, schedule]
  let graphs: [(name: String, make: @Sendable () throws -> TaskGraph.Builder)] = [
    ("pipeline, 64 stages, 8192 micro-batches", { SampleGraphs.pipeline(stages: 64, microBatches: 8192) }),
    ("random DAG, 1 M tasks, 4 M dependencies", { SampleGraphs.random(tasks: 1_000_000, dependencies: 4_000_000) }),
  ]
  for (name, make) in graphs {
    Benchmark(
      name,
      configuration: .init(
        metrics: metrics, units: Dictionary(uniqueKeysWithValues: metrics.map { ($0, .count) }), warmupIterations: 1,
        maxDuration: .seconds(20), maxIterations: 11)
    ) { benchmark in
      do {
        let clock = ContinuousClock()
        let builder = try make()
        var graph: TaskGraph?
        func nanoseconds(_ duration: Duration) -> Int {
          let (seconds, attoseconds) = duration.components
          return Int((Double(seconds) * 1e9 + Double(attoseconds) * 1e-9) / Double(max(1, builder.taskCount)))
        }
        benchmark.measurement(build, nanoseconds(try clock.measure { graph = try builder.build() }))
        guard let graph else { return }
        benchmark.measurement(solve, nanoseconds(clock.measure { blackHole(CriticalPath(graph)) }))
        benchmark.measurement(length, nanoseconds(clock.measure { blackHole(CriticalPath.length(of: graph)) }))
        benchmark.measurement(schedule, nanoseconds(clock.measure { blackHole(Schedule(graph)) }))
      } catch {
        benchmark.error("\(error)")
      }
    }
  }
}
