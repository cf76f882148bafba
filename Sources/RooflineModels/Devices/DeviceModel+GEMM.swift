internal import Foundation
internal import GEMMTiming

extension DeviceModel {
  func time(_ gemm: GEMMShape, _ dtype: DataType) throws(UnsupportedOperation) -> TimePrediction {
    let peak = try requiredPeak(dtype)
    let bandwidth = specification.memoryBandwidth.value
    let compute = gemm.flops / peak
    let memory = gemm.bytes(dtype) / bandwidth
    let floor = max(compute, memory)
    let launch = specification.launch.value
    guard detail > .roofline else {
      return .init(
        seconds: floor, low: floor, high: floor * 3, bound: compute > memory ? .compute : .memory,
        source: .specification)
    }
    var (busy, moved) = (compute / shape.computeFraction, memory / shape.bandwidthFraction)
    if detail >= .tiles, let tiles = specification.tiles(for: dtype) {
      busy = tiled(gemm, tiles, secondsPerFlop: 1 / (peak * shape.computeFraction))
      // Little's law: bandwidth needs bytes in flight.
      moved += 1e-6
    }
    let work = shape.combine(compute: busy, memory: moved)
    let seconds = max(floor, launch + work)
    let bound: TimePrediction.Bound = launch > work ? .latency : busy > moved ? .compute : .memory
    return .init(seconds: seconds, low: max(floor, seconds / 1.4), high: seconds * 1.4, bound: bound, source: .scaled)
  }

  /// Seconds of the best tile: every tile of a wave takes the time of its padded flops on one multiprocessor.
  private func tiled(_ gemm: GEMMShape, _ family: TileFamily, secondsPerFlop: Double) -> Double {
    let processors = specification.multiprocessors.value
    let depth = Double(family.depth)
    let k = (Double(gemm.k) / depth).rounded(.up) * depth
    var best = Double.infinity
    for tile in family.shapes {
      let (tm, tn) = (Double(tile.m), Double(tile.n))
      let count = (Double(gemm.m) / tm).rounded(.up) * (Double(gemm.n) / tn).rounded(.up) * Double(gemm.batch)
      for split in [1.0, 2, 4, 8, 16] where split * depth <= k {
        let waves = (count * split / processors).rounded(.up)
        let one = 2 * tm * tn * (k / split) * secondsPerFlop * processors
        best = min(best, waves * one + (split > 1 ? 1e-6 : 0))
      }
    }
    return best
  }
}
