internal import DataFiles

extension CommonGEMMParameters {
  /// The keys of a set, in the order in which they are written.
  static let keys: [(key: String, path: any WritableKeyPath<CommonGEMMParameters, Double> & Sendable)] = [
    ("sustained_share", \.sustainedShare),
    ("headroom", \.headroom),
    ("throttling_s", \.throttlingSeconds),
    ("bandwidth_fraction", \.bandwidthFraction),
    ("knee_sharpness", \.kneeSharpness),
    ("launch_share", \.launchShare),
    ("memory_latency_clocks", \.memoryLatencyClocks),
    ("step_clocks", \.stepClocks),
    ("width_exponent", \.widthExponent),
    ("resident_tiles", \.residentTiles),
    ("wave_quantization", \.waveQuantization),
    ("split_clocks", \.splitClocks),
    ("epilogue_bandwidth_fraction", \.epilogueBandwidthFraction),
    ("half_intensity", \.halfIntensity),
    ("cache_bytes_per_clock", \.cacheBytesPerClock),
    ("cache_share", \.cacheShare),
  ]

  /// Reads a set, whose every parameter must be there and positive.
  init(_ value: JSONValue) throws(FileError) {
    try value.allow(["kernels", "source", "spread"] + Self.keys.map(\.key))
    var result = CommonGEMMParameters.start(.registers)
    for (key, path) in Self.keys { result[keyPath: path] = try value.number(key, above: 0) }
    result.spread = try GEMMSpread(value.required("spread"))
    result.source = try value.required("source").nonEmptyString()
    self = result
  }

  /// The set as an entry of a file of common parameters.
  func json(_ kernels: Kernels) -> JSONText {
    .object(
      [("kernels", .string(kernels.rawValue)), ("source", .string(source))]
        + Self.keys.map { ($0.key, .number(self[keyPath: $0.path])) } + [("spread", spread.json)])
  }

  /// Round figures to begin a fit with, in the middle of what devices have.
  static func start(_ kernels: Kernels) -> CommonGEMMParameters {
    let usesMatrixUnits = kernels != .vector
    return CommonGEMMParameters(
      sustainedShare: usesMatrixUnits ? 0.95 : 1, headroom: 0.9, throttlingSeconds: 0.8e-3,
      bandwidthFraction: usesMatrixUnits ? 0.85 : 0.8, kneeSharpness: 3, launchShare: usesMatrixUnits ? 0.5 : 1,
      memoryLatencyClocks: usesMatrixUnits ? 3000 : 1000, stepClocks: usesMatrixUnits ? 8 : 175,
      widthExponent: 1.3, residentTiles: usesMatrixUnits ? 1 : 8, waveQuantization: usesMatrixUnits ? 0.6 : 0.2,
      splitClocks: 3900, epilogueBandwidthFraction: usesMatrixUnits ? 1.2 : 10,
      halfIntensity: usesMatrixUnits ? 3 : 13, cacheBytesPerClock: 20, cacheShare: 1,
      spread: GEMMSpread(
        latency: .init(low: 0.6, high: 1.5), memory: .init(low: 0.7, high: 1.4), compute: .init(low: 0.7, high: 1.4)),
      source: "round figures, fitted to no row: common/gemms.json of the device files cannot be read")
  }
}
