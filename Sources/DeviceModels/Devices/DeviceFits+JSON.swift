internal import DataFiles
internal import GEMMTiming

extension GEMMSpread.Range {
  /// Reads `[low, high]`, factors around 1.
  init(_ value: JSONValue) throws(FileError) {
    let factors = try value.array()
    guard factors.count == 2 else { throw value.error("a range has two factors", remedy: "[low, high] is expected") }
    low = try factors[0].double()
    high = try factors[1].double()
    guard low > 0, low <= 1, high >= 1 else {
      throw value.error("the range is [\(low), \(high)]", remedy: "0 < low ≤ 1 ≤ high is expected")
    }
    for (factor, item) in zip([low, high], factors) {
      try PlausibleRange.check(factor, 1e-3...1e3, "the factor", at: item)
    }
  }
}

extension MemoryFit {
  init(_ value: JSONValue) throws(FileError) {
    try value.allow([
      "kinds", "launch_s", "cached_fraction", "bandwidth_fraction", "cache_share", "fill_s", "fill_bytes", "rows",
      "spread", "source", "rows_of",
    ])
    kinds = try value.required("kinds").words()
    launchSeconds = try value.number("launch_s", from: 0)
    cachedFraction = try value.number("cached_fraction", above: 0)
    bandwidthFraction = try value.number("bandwidth_fraction", above: 0, upTo: 1)
    cacheShare = try value.number("cache_share", above: 0)
    if value["fill_s"] != nil {
      fillSeconds = try value.number("fill_s", from: 0)
      fillBytes = try value.number("fill_bytes", above: 0)
    }
    rows = try value["rows"].map(Rows.init)
    spread = try .init(value.required("spread"))
    source = try value.required("source").nonEmptyString()
    rowsOf = try value["rows_of"]?.nonEmptyString()
  }
}

extension MemoryFit.Rows {
  init(_ value: JSONValue) throws(FileError) {
    try value.allow([
      "byte_s", "crowding", "half_crowd", "knee_sharpness", "turn_s", "long_turn_s", "long_bytes",
    ])
    byteSeconds = try value.number("byte_s", from: 0)
    crowding = try value.number("crowding", from: 0)
    halfCrowd = try value.number("half_crowd", above: 0)
    kneeSharpness = try value.number("knee_sharpness", from: 1)
    turnSeconds = try value.number("turn_s", from: 0)
    longTurnSeconds = try value.number("long_turn_s", from: 0)
    longBytes = try value.number("long_bytes", above: 0)
  }
}

extension AttentionFit {
  init(_ value: JSONValue) throws(FileError) {
    try value.allow([
      "name", "matches", "compute_fraction", "bandwidth_fraction", "knee_sharpness", "launch_s", "block_s",
      "row_granularity", "tail_share", "wave_quantization", "pair_elements", "pass_fraction", "spread", "decoding",
      "source", "rows_of",
    ])
    name = try value.required("name").nonEmptyString()
    matches = try value.required("matches").mapped { (item) throws(FileError) in try item.nonEmptyString() }
    computeFraction = try value.number("compute_fraction", above: 0, upTo: 1)
    bandwidthFraction = try value.number("bandwidth_fraction", above: 0, upTo: 1)
    kneeSharpness = try value.number("knee_sharpness", from: 1)
    launchSeconds = try value.number("launch_s", from: 0)
    blockSeconds = try value.number("block_s", from: 0)
    rowGranularity = try value.number("row_granularity", from: 1, upTo: 128)
    tailShare = try value.number("tail_share", from: 0)
    waveQuantization = try value.number("wave_quantization", from: 0, upTo: 1)
    if value["pair_elements"] != nil { pairElements = try value.number("pair_elements", from: 0) }
    if value["pass_fraction"] != nil { passFraction = try value.number("pass_fraction", above: 0, upTo: 1) }
    spread = try .init(value.required("spread"))
    decoding = try value["decoding"].map(Decoding.init)
    source = try value.required("source").nonEmptyString()
    rowsOf = try value["rows_of"]?.nonEmptyString()
  }
}

extension AttentionFit.Decoding {
  init(_ value: JSONValue) throws(FileError) {
    try value.allow([
      "launch_s", "keys_s", "half_keys", "head_s", "bandwidth_fraction", "knee_sharpness", "stream_loss", "streams",
      "spread",
    ])
    launchSeconds = try value.number("launch_s", from: 0)
    keySeconds = try value.number("keys_s", from: 0)
    halfKeys = try value.number("half_keys", above: 0)
    headSeconds = try value.number("head_s", from: 0)
    bandwidthFraction = try value.number("bandwidth_fraction", above: 0, upTo: 1)
    kneeSharpness = try value.number("knee_sharpness", from: 1)
    streamLoss = try value.number("stream_loss", from: 0)
    streams = try value.number("streams", above: 0)
    spread = try .init(value.required("spread"))
  }
}
