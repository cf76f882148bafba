import Benchmark
import Foundation
import GEMMTiming
import HostCalibration

// What a call of sgemm costs as `calibrate` times it, as a multiple of the same call in a plain C loop.
//
// One iteration is one pair: a measurement by InProcessMeasurer, and as many blocks of the bare loop, which of the two
// goes first changing from pair to pair. The metric is the ratio of the two medians in parts per million: 1,000,000
// says equal, 1,005,000 half a percent above. The line on standard error gives the median of the ratios with its 95 %
// interval.

let benchmarks: @Sendable () -> Void = {
  for edge in [32, 64, 128, 256, 512] {
    let ratio = BenchmarkMetric.custom("Swift / C (parts per million)", useScalingFactor: false)
    let pairs = PairedLoops(edge: edge)
    Benchmark(
      "sgemm \(edge)x\(edge)x\(edge)",
      configuration: .init(
        metrics: [ratio], units: [ratio: .count], warmupIterations: 3, maxDuration: .seconds(12), maxIterations: 201,
        teardown: { pairs.report() })
    ) { benchmark in
      do {
        benchmark.measurement(ratio, Int((1e6 * (try pairs.measurePair())).rounded()))
      } catch {
        benchmark.error("\(error)")
      }
    }
  }
}
