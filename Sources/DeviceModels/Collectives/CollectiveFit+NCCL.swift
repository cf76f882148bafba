internal import GEMMTiming

extension CollectiveFit {
  /// What NCCL is like on a device before any row.
  ///
  /// Latencies, rates and what NCCL reckons when it chooses are the constants of its tuning model for one node
  /// (NVIDIA/nccl 2.27, `src/graph/tuning.cc`: `baseLat`, `hwLat`, `llMaxBws`; `nvlsEfficiency` of later ones). Of rings
  /// over NVLink (in brackets: PCIe):
  ///
  ///     protocol              base     a step          rate
  ///     low latency (LL)       6.6 µs  0.6 (1.0) µs    half the link's, at most 39, 87.7, 141, 282 GB/s by generation
  ///     low latency, 128 bytes 14 µs   1.9 µs          0.92 of what rings carry; not over PCIe
  ///     simple                 8.4 µs  3.4 (5.7) µs    what rings carry, 0.8 of the link's
  ///     switch-reduced         25 µs                   5/6 of that, times 0.85 (Hopper) or 0.74 (Blackwell); from 3 GPUs
  ///
  /// Small messages go by few channels, assumed to carry 9 GB/s. Of all-to-all nothing is reckoned: NCCL takes LL up to
  /// a length a peer, and here the faster is taken.
  static func nccl(on device: DeviceSpecification) -> CollectiveFit {
    let rate = device.intraNode.bandwidth.value
    // PCIe 5.0 ×16 carries 63 GB/s.
    let isNVLink = rate > 70e9
    let lowLatency = min(0.5, mostLowLatency(device.family) / rate)
    let quickStep = isNVLink ? 0.6e-6 : 1e-6
    let few = CollectiveProtocol(
      "low latency, few channels", base: 6.6e-6, step: quickStep, fraction: min(lowLatency, 9e9 / rate))
    let simple = CollectiveProtocol(
      "simple", base: 8.4e-6, step: isNVLink ? 3.4e-6 : 5.7e-6, fraction: 0.8, pipelining: 1.33)
    // More channels take longer to start, which NCCL does not reckon with.
    let quick = CollectiveProtocol("low latency", base: 8e-6, step: quickStep, fraction: lowLatency)
    var reckoned = [quick.reckoned(base: 6.6e-6)]
    if isNVLink {
      let wide = CollectiveProtocol("low latency, 128 bytes", base: 14e-6, step: 1.9e-6, fraction: 0.8 * 0.92)
      reckoned.append(wide.reckoned())
    }
    reckoned.append(simple.reckoned())
    var reduced: [CollectiveProtocol] = []
    if isNVLink, let efficiency = switchEfficiency(device.family) {
      var way = CollectiveProtocol(
        name: "switch-reduced", baseSeconds: 25e-6, stepSeconds: 0, steps: .constant, volume: .switch,
        bandwidthFraction: 0.8 * 5 / 6 * efficiency, halfRanks: 0)
      way.pipelining = 1.33
      way.minimumRanks = 3
      reduced = [way.reckoned()]
    }
    return CollectiveFit(
      name: "nccl", matches: ["nccl"],
      protocols: [
        .allReduce: [few] + reckoned + reduced, .allGather: [few] + reckoned, .reduceScatter: [few] + reckoned,
        .allToAll: [few, quick, simple],
      ], hostSeconds: 0, copies: 0, spread: .init(low: 0.65, high: 1.5), source: "NCCL's own tuning constants")
  }

  /// The most byte/s that NCCL reckons a low-latency ring in one node carries.
  private static func mostLowLatency(_ family: String) -> Double {
    switch family {
    case "pascal", "volta", "turing": 39e9
    case "hopper": 141e9
    case "blackwell": 282e9
    default: 87.7e9
    }
  }

  /// What NCCL reckons that a switch's reduction reaches; nil where the switch does not reduce.
  private static func switchEfficiency(_ family: String) -> Double? {
    switch family {
    case "hopper": 0.85
    case "blackwell": 0.74
    default: nil
    }
  }
}

extension CollectiveProtocol {
  /// A ring that few ranks do not fill.
  fileprivate init(_ name: String, base: Double, step: Double, fraction: Double, pipelining: Double = 1) {
    self.init(
      name: name, baseSeconds: base, stepSeconds: step, steps: .ring, volume: .ring, bandwidthFraction: fraction,
      halfRanks: 0.3)
    self.pipelining = pipelining
  }

  /// The protocol whose library reckons as it is, or with another base.
  fileprivate func reckoned(base: Double? = nil) -> CollectiveProtocol {
    var way = self
    way.estimate = .init(
      baseSeconds: base ?? baseSeconds, stepSeconds: stepSeconds, bandwidthFraction: bandwidthFraction)
    return way
  }
}
