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
      source: fit.timeSource(attention))
  }
}

extension [AttentionFit] {
  /// The fit of the library that a variant names; the first, which is the usual one, when it names none.
  func selected(by variant: String?) -> AttentionFit? {
    let known = variant.flatMap { variant in first { $0.isMeant(by: variant) } }
    guard var fit = known ?? first else { return nil }
    if fit.decoding == nil { fit.borrowedDecoding = lazy.compactMap(\.decoding).first }
    return fit
  }
}

extension AttentionFit {
  /// Whether a measured row's `variant`, or a name that a user gives, means this library.
  func isMeant(by text: String) -> Bool { matches.contains { text.contains($0) } }
}

extension DeviceSpecification {
  /// The device with a library of the file as the usual one, which all that names none is predicted by.
  ///
  /// - Parameter name: a library's name, or part of a measured row's `variant` that means it.
  /// - Returns: nil when no fit of the file is of such a library.
  public func using(attentionKernel name: String) -> DeviceSpecification? {
    guard let index = attentionFits.firstIndex(where: { $0.name == name || $0.isMeant(by: name) }) else { return nil }
    var device = self
    device.attentionFits.insert(device.attentionFits.remove(at: index), at: 0)
    return device
  }

  /// The libraries whose fused attention the file has fits of, the usual one first.
  public var attentionKernels: [String] { attentionFits.map(\.name) }
}
