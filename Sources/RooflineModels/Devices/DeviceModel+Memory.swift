internal import GEMMTiming

extension DeviceModel {
  /// A pass over memory: launch + bytes / (fraction · bandwidth).
  func time(_ traffic: MemoryTraffic) -> TimePrediction {
    let floor = traffic.bytes / specification.memoryBandwidth.value
    guard detail > .roofline else {
      return .init(seconds: floor, low: floor, high: floor * 3, bound: .memory, source: .specification)
    }
    let moved = floor / shape.bandwidthFraction
    let launch = specification.launch.value
    let seconds = launch + moved
    return .init(
      seconds: seconds, low: max(floor, seconds / 1.5), high: seconds * 1.5, bound: launch > moved ? .latency : .memory,
      source: .scaled)
  }
}
