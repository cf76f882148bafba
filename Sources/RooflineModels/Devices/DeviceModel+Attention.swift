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
    let (time, compute, memory) = fit.seconds(attention, bytes: bytes, peak: peak, on: specification)
    let seconds = max(limit, time)
    return TimePrediction(
      seconds: seconds, low: max(limit, seconds * fit.spread.low), high: seconds * fit.spread.high,
      bound: fit.launchSeconds > seconds / 2 ? .latency : compute > memory ? .compute : .memory, source: .scaled)
  }
}

extension [AttentionFit] {
  /// The fit of the library that a variant names; the first, which is the usual one, when it names none.
  func selected(by variant: String?) -> AttentionFit? {
    first { fit in variant.map { text in fit.matches.contains { text.contains($0) } } ?? false } ?? first
  }
}
