internal import GEMMTiming

extension DeviceModel {
  /// Fused attention: what rows taught about a library's kernels, else launch + the knee of flops and bytes.
  func time(_ attention: AttentionShape, _ dtype: DataType) throws(UnsupportedOperation) -> TimePrediction {
    let peak = try requiredPeak(dtype)
    guard detail >= .shipped, let fit = specification.attentionFits.selected(by: variant) else {
      return roofline(compute: attention.flops / peak, bytes: attention.bytes(dtype))
    }
    let bytes = attention.bytes(dtype)
    let limit = max(attention.flops / peak, bytes / specification.memoryBandwidth.value)
    let time = fit.time(attention, bytes: bytes, peak: peak, on: specification)
    let seconds = max(limit, time.seconds)
    let spread = fit.spread(attention)
    return TimePrediction(
      seconds: seconds, low: max(limit, seconds * spread.low), high: seconds * spread.high,
      bound: time.fixed > seconds / 2 ? .latency : time.compute > time.memory ? .compute : .memory,
      source: fit.timeSource)
  }
}

extension [AttentionFit] {
  /// The fit of the library that a variant names; the first, which is the usual one, when it names none.
  func selected(by variant: String?) -> AttentionFit? {
    first { fit in variant.map { text in fit.matches.contains { text.contains($0) } } ?? false } ?? first
  }
}
