internal import GEMMTiming

extension DeviceModel {
  /// Fused attention: launch + the knee of its flops and its compulsory bytes.
  func time(_ attention: AttentionShape, _ dtype: DataType) throws(UnsupportedOperation) -> TimePrediction {
    let compute = attention.flops / (try requiredPeak(dtype))
    let memory = attention.bytes(dtype) / specification.memoryBandwidth.value
    let floor = max(compute, memory)
    guard detail > .roofline else {
      return .init(
        seconds: floor, low: floor, high: floor * 3, bound: compute > memory ? .compute : .memory,
        source: .specification)
    }
    let (busy, moved) = (compute / shape.computeFraction, memory / shape.bandwidthFraction)
    let work = shape.combine(compute: busy, memory: moved)
    let launch = specification.launch.value
    let seconds = launch + work
    return .init(
      seconds: seconds, low: max(floor, seconds / 1.6), high: seconds * 1.6,
      bound: launch > work ? .latency : busy > moved ? .compute : .memory, source: .scaled)
  }
}
