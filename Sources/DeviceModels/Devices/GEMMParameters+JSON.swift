internal import DataFiles

extension GEMMParameters {
  /// The keys of a fitted set in a device file, in the order in which they are written.
  static let keys: [(key: String, path: any WritableKeyPath<GEMMParameters, Double> & Sendable)] = [
    ("compute_fraction", \.computeFraction),
    ("throttling", \.throttling),
    ("throttling_s", \.throttlingSeconds),
    ("bandwidth_fraction", \.bandwidthFraction),
    ("knee_sharpness", \.kneeSharpness),
    ("launch_s", \.launchSeconds),
    ("fill_s", \.fillSeconds),
    ("round_s", \.roundSeconds),
    ("memory_latency_s", \.memoryLatencySeconds),
    ("step_s", \.stepSeconds),
    ("resident_tiles", \.residentTiles),
    ("residency_exponent", \.residencyExponent),
    ("wave_quantization", \.waveQuantization),
    ("split_s", \.splitSeconds),
    ("split_bandwidth_fraction", \.splitBandwidthFraction),
    ("input_traffic", \.inputTraffic),
    ("output_traffic", \.outputTraffic),
    ("epilogue_bandwidth_fraction", \.epilogueBandwidthFraction),
    ("half_intensity", \.halfIntensity),
    ("vector_step_s", \.vectorStepSeconds),
    ("vector_fill_s", \.vectorFillSeconds),
  ]

  /// Keys that may be left out, for the value that changes nothing.
  static let optionalKeys: [(key: String, path: any WritableKeyPath<GEMMParameters, Double> & Sendable)] = [
    ("single_product_factor", \.singleProductFactor),
    ("translation_loss", \.translationLoss),
    ("translation_stride_bytes", \.translationStrideBytes),
    ("unaligned_loss", \.unalignedLoss),
    ("unaligned_traffic", \.unalignedTraffic),
    ("cache_bandwidth_fraction", \.cacheBandwidthFraction),
    ("cache_bytes", \.cacheBytes),
  ]

  /// How far above their specification's clock cards may run: GeForce cards exceed it by up to a tenth.
  static let maximumComputeFraction = 1.25

  /// All keys of a fitted set.
  static var allKeys: [String] { (keys + optionalKeys).map(\.key) + ["tile_rates"] }

  /// Reads a fitted set; every parameter but the optional ones must be there, not negative, and a divisor positive.
  init(_ value: JSONValue) throws(FileError) {
    var result = GEMMParameters(
      computeFraction: 1, throttling: 0, throttlingSeconds: 1, bandwidthFraction: 1, kneeSharpness: 1,
      launchSeconds: 0, fillSeconds: 0, roundSeconds: 0, memoryLatencySeconds: 0, stepSeconds: 0, residentTiles: 1,
      residencyExponent: 0, waveQuantization: 1, splitSeconds: 0, splitBandwidthFraction: 1, inputTraffic: 1,
      outputTraffic: 1, epilogueBandwidthFraction: 1, halfIntensity: 0, vectorStepSeconds: 0, vectorFillSeconds: 0)
    for (key, path) in Self.keys {
      let entry = try value.required(key)
      let number = try entry.double()
      let isDivisor = key.hasSuffix("fraction") || key == "throttling_s" || key == "resident_tiles"
      guard number > 0 || (number == 0 && !isDivisor) else {
        throw entry.error(
          "\(key) is \(number)", remedy: "a number \(isDivisor ? "above" : "of at least") 0 is expected")
      }
      if key == "knee_sharpness", number < 1 { throw entry.error("\(key) is \(number)", remedy: "at least 1") }
      if key == "wave_quantization", number > 1 { throw entry.error("\(key) is \(number)", remedy: "at most 1") }
      if key == "compute_fraction", number > Self.maximumComputeFraction {
        throw entry.error("\(key) is \(number)", remedy: "at most \(Self.maximumComputeFraction)")
      }
      try PlausibleRange.check(number, PlausibleRange.of(key), key, at: entry)
      result[keyPath: path] = number
    }
    for (key, path) in Self.optionalKeys where value[key] != nil {
      result[keyPath: path] = try value.number(
        key, above: key.hasSuffix("_bytes") ? 0 : -1, from: key == "single_product_factor" ? 1 : 0)
    }
    if let rates = value["tile_rates"] {
      result.tileRates = try rates.mapped { (item) throws(FileError) in
        let rate = try item.double()
        guard rate > 0, rate <= 4 else {
          throw item.error("a tile's rate is \(rate)", remedy: "a number above 0 up to 4 is expected")
        }
        return rate
      }
    }
    self = result
  }
}
