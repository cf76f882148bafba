internal import GEMMTiming

extension DeviceModel {
  /// A pass over memory: what rows taught about its kind, else launch + bytes / (fraction · bandwidth).
  func time(_ traffic: MemoryTraffic) -> TimePrediction {
    if detail >= .shipped, let fit = specification.memoryFits.first(where: { $0.kinds.contains(traffic.kind) }) {
      let seconds = fit.seconds(traffic, on: specification)
      let limit = traffic.bytes / specification.memoryBandwidth.value
      // Where rows showed a cache to be faster than memory, the low end may lie below memory's limit.
      let least = fit.cachedFraction > 1 ? limit / fit.cachedFraction : limit
      return TimePrediction(
        seconds: seconds, low: max(least, seconds * fit.spread.low), high: seconds * fit.spread.high,
        bound: fit.launchSeconds > seconds / 2 ? .latency : .memory, source: fit.timeSource)
    }
    return roofline(compute: 0, bytes: traffic.bytes)
  }
}
