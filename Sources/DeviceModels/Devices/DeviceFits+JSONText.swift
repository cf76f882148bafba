public import DataFiles
internal import GEMMTiming

extension MemoryFit {
  /// The fit as an entry of a device file's `memory_fits`.
  public var json: JSONText {
    var members: [(String, JSONText)] = [
      ("kinds", .array(kinds.map { .string($0.rawValue) })), ("launch_s", .number(launchSeconds)),
      ("cached_fraction", .number(cachedFraction)), ("bandwidth_fraction", .number(bandwidthFraction)),
      ("cache_share", .number(cacheShare)),
    ]
    if fillSeconds > 0 { members += [("fill_s", .number(fillSeconds)), ("fill_bytes", .number(fillBytes))] }
    if let rows { members.append(("rows", rows.json)) }
    if let rowsOf { members.append(("rows_of", .string(rowsOf))) }
    return .object(members + [("spread", spread.json), ("source", .string(source))])
  }
}

extension MemoryFit.Rows {
  fileprivate var json: JSONText {
    .object([
      ("byte_s", .number(byteSeconds)), ("crowding", .number(crowding)), ("half_crowd", .number(halfCrowd)),
      ("knee_sharpness", .number(kneeSharpness)), ("turn_s", .number(turnSeconds)),
      ("long_turn_s", .number(longTurnSeconds)), ("long_bytes", .number(longBytes)),
    ])
  }
}

extension AttentionFit {
  /// The fit as an entry of a device file's `attention_fits`.
  public var json: JSONText {
    var members: [(String, JSONText)] = [
      ("name", .string(name)), ("matches", .array(matches.map { .string($0) })),
      ("compute_fraction", .number(computeFraction)), ("bandwidth_fraction", .number(bandwidthFraction)),
      ("knee_sharpness", .number(kneeSharpness)), ("launch_s", .number(launchSeconds)),
      ("block_s", .number(blockSeconds)), ("row_granularity", .number(rowGranularity)),
      ("tail_share", .number(tailShare)), ("wave_quantization", .number(waveQuantization)),
    ]
    if pairElements > 0 { members.append(("pair_elements", .number(pairElements))) }
    if passFraction > 0 { members.append(("pass_fraction", .number(passFraction))) }
    members.append(("spread", spread.json))
    if let decoding { members.append(("decoding", decoding.json)) }
    if let rowsOf { members.append(("rows_of", .string(rowsOf))) }
    return .object(members + [("source", .string(source))])
  }
}

extension AttentionFit.Decoding {
  fileprivate var json: JSONText {
    .object([
      ("launch_s", .number(launchSeconds)), ("keys_s", .number(keySeconds)), ("half_keys", .number(halfKeys)),
      ("head_s", .number(headSeconds)), ("bandwidth_fraction", .number(bandwidthFraction)),
      ("knee_sharpness", .number(kneeSharpness)), ("stream_loss", .number(streamLoss)), ("streams", .number(streams)),
      ("spread", spread.json),
    ])
  }
}

extension GEMMSpread.Range {
  /// `[low, high]`.
  var json: JSONText { .array([.number(low), .number(high)]) }
}
