internal import GEMMTiming

/// What rows taught about one library's fused attention kernels.
///
/// A thread block works on 128 queries of one head. With F the flops of all blocks (queries padded to the granularity;
/// the exponential of a pair counts as `pairElements` elements of a head more), N multiprocessors of f·P/N flop/s each,
/// and T blocks to each of them, of which the last wave may be partial,
///
///     compute = F/(f·P) + tail·longest + T·block
///
/// where longest is a head's last block, which attends to all keys: how list scheduling ends (Graham, *Bounds on
/// Multiprocessing Timing Anomalies*, 1969). The kernel takes launch + (computeᵖ + memoryᵖ)^(1/p).
///
/// Serving frameworks' kernels pass over Q, K and V once more before, to write their cache: 2·bytes/(f·B).
///
/// One query behind a cache takes another kernel, ``decoding``, where rows of it were measured. Several queries then
/// take no less than one, and no more than one after another. A library without such rows takes for one query what its
/// blocks take for it, or if that is less, what they take for a single key and another library's kernel for the others.
public struct AttentionFit: Hashable, Sendable {
  /// The library's name.
  public let name: String
  /// Parts of a measured row's `variant` that mean this library.
  public let matches: [String]
  /// Fraction of the peak that a block reaches.
  public internal(set) var computeFraction: Double
  /// Fraction of the memory bandwidth that Q, K, V and the output stream at.
  public internal(set) var bandwidthFraction: Double
  /// The exponent p of the knee.
  public internal(set) var kneeSharpness: Double
  /// Seconds of a kernel that does nothing.
  public internal(set) var launchSeconds: Double
  /// Seconds that a block takes beside its flops.
  public internal(set) var blockSeconds: Double
  /// Queries are padded to a multiple of this.
  public internal(set) var rowGranularity: Double
  /// How much of a head's last block is waited for at the end.
  public internal(set) var tailShare: Double
  /// How much of the fixed cost of a wave's unfilled rest is lost, from 0 to 1.
  public internal(set) var waveQuantization: Double
  /// Elements of a head that take as long as the exponential of a pair.
  public internal(set) var pairElements = 0.0
  /// Fraction of the memory bandwidth at which a serving framework reads and writes Q, K and V once more before, for its
  /// cache; 0 where the library does not.
  public internal(set) var passFraction = 0.0
  /// Where 90 % of measured times lie.
  public internal(set) var spread: GEMMSpread.Range
  /// One query behind a cache, where its rows were measured.
  public internal(set) var decoding: Decoding?
  /// Another library's, where no such rows of this one were measured.
  var borrowedDecoding: Decoding?
  /// The rows that it was fitted to.
  public internal(set) var source: String
  /// The device of those rows where it is another than the file's.
  public internal(set) var rowsOf: String?

  /// A kernel's time and what it is made of, in seconds.
  struct Time {
    var seconds: Double
    /// What is spent whatever the work.
    var fixed: Double
    var compute: Double
    var memory: Double
  }

  /// The time of a kernel on a device with that peak.
  func time(_ shape: AttentionShape, bytes: Double, peak: Double, on device: DeviceSpecification) -> Time {
    guard let single = oneQuery(shape, bytes: bytes, peak: peak, on: device) else {
      return blockwise(shape, bytes: bytes, peak: peak, on: device)
    }
    if shape.queryLength == 1 { return single }
    var several = blockwise(shape, bytes: bytes, peak: peak, on: device)
    several.seconds = max(single.seconds, min(several.seconds, Double(shape.queryLength) * single.seconds))
    return several
  }

  /// The time of one query of each head behind the cache, where that has a kernel of its own.
  private func oneQuery(
    _ shape: AttentionShape, bytes: Double, peak: Double, on device: DeviceSpecification
  ) -> Time? {
    let own = bytes / shape.elements
    func cached(_ decoding: Decoding, _ shape: AttentionShape) -> Time {
      decoding.time(shape, bytes: own * shape.elements(queries: 1), on: device)
    }
    if let decoding { return cached(decoding, shape) }
    guard let borrowedDecoding, let last = shape.oneQuery(of: shape.keyLength), let first = shape.oneQuery(of: 1) else {
      return nil
    }
    var time = blockwise(first, bytes: own * first.elements, peak: peak, on: device)
    let (before, after) = (cached(borrowedDecoding, first), cached(borrowedDecoding, shape))
    time.seconds += after.seconds - before.seconds
    time.fixed += after.fixed - before.fixed
    time.memory += after.memory - before.memory
    let blocks = blockwise(last, bytes: own * shape.elements(queries: 1), peak: peak, on: device)
    return time.seconds < blocks.seconds ? time : blocks
  }

  /// Where the time of such a kernel is from: of one query behind a cache from other kernels, where no row measured it.
  func timeSource(_ shape: AttentionShape) -> TimePrediction.Source {
    shape.isOneBehindCache && decoding == nil ? .sibling : timeSource
  }

  /// Where 90 % of measured times of such a kernel lie.
  func spread(_ shape: AttentionShape) -> GEMMSpread.Range {
    shape.queryLength == 1 ? decoding?.spread ?? spread : spread
  }

  /// The time of a kernel that works on blocks of queries.
  private func blockwise(
    _ shape: AttentionShape, bytes: Double, peak: Double, on device: DeviceSpecification
  ) -> Time {
    let processors = device.multiprocessors.value
    let rate = computeFraction * peak / processors
    let (queries, keys) = (Double(shape.queryLength), Double(shape.keyLength))
    let head = shape.meanDimension + pairElements
    let blocks = Double(shape.batch) * Double(shape.heads) * (queries / 128).rounded(.up)
    let padded = (queries / rowGranularity).rounded(.up) * rowGranularity
    // Beside a kernel of its own for one query, padding asks like queries, so that time does not fall as they grow.
    let seeing = shape.causal ? min(queries, keys) : queries
    let asking = decoding == nil ? seeing : (seeing / rowGranularity).rounded(.up) * rowGranularity
    let perHead = Self.pairs(
      queries: asking, keys: shape.causal ? max(keys, asking) : keys, causal: shape.causal, granule: rowGranularity)
    let pairs = Double(shape.batch) * Double(shape.heads) * perHead * shape.seenShare
    let load = blocks / processors
    let turns = max(1, load + waveQuantization * (load.rounded(.up) - load))
    let longest = min(padded, 128) * keys * shape.seenShare * 4 * head / rate
    let compute = pairs * 4 * head / (rate * processors) + tailShare * longest + turns * blockSeconds
    let memory = bytes / (bandwidthFraction * device.memoryBandwidth.value)
    let pass = passFraction > 0 ? 2 * bytes * shape.inputShare / (passFraction * device.memoryBandwidth.value) : 0
    return Time(
      seconds: launchSeconds + pass + Knee.joined(compute, memory, sharpness: kneeSharpness), fixed: launchSeconds,
      compute: compute, memory: memory + pass)
  }

  /// Query–key pairs of one head with the queries padded.
  ///
  /// Under a causal mask the rows of a granule see what its last row sees: the keys before the queries, and the triangle
  /// up to its own end. A single query behind a cache is padded to one granule over all keys.
  static func pairs(queries: Double, keys: Double, causal: Bool, granule: Double) -> Double {
    // Of more queries than keys, the first see nothing.
    let asking = causal ? min(queries, keys) : queries
    let padded = (asking / granule).rounded(.up) * granule
    return causal ? padded * (keys - asking) + padded * (padded + granule) / 2 : padded * keys
  }
}

extension AttentionFit {
  /// One query behind a cache: keys are split over blocks, so that few heads use all multiprocessors too.
  ///
  /// With H key heads of all sequences, K keys, d elements of a head, b bytes, bandwidth B, N multiprocessors and
  /// s = H/H₀,
  ///
  ///     t = launch + keys·√(d/128)·K/(K + K₀) + ((max(1, H/N)·head)ᵖ + (b/(f·B)·(1 + λ·s⁴/(1 + s⁴)))^p)^(1/p)
  ///
  /// keys is what a block waits for its share of the keys and for the sum over blocks; each head of the cache is a
  /// stream of its own, and more than H₀ of them at once stream slower by 1 + λ. t falls with no extent.
  public struct Decoding: Hashable, Sendable {
    /// Seconds of a kernel that does nothing.
    public internal(set) var launchSeconds: Double
    /// Seconds that long caches of heads of 128 elements are waited for beside their bytes.
    public internal(set) var keySeconds: Double
    /// The K₀: keys of a cache that is waited for half as long.
    public internal(set) var halfKeys: Double
    /// Seconds that a multiprocessor spends on a head beside its bytes.
    public internal(set) var headSeconds: Double
    /// The f: fraction of the memory bandwidth that few heads stream at.
    public internal(set) var bandwidthFraction: Double
    /// The exponent p.
    public internal(set) var kneeSharpness: Double
    /// The λ: how much longer the bytes of many heads take.
    public internal(set) var streamLoss: Double
    /// The H₀: heads of which half of that is felt.
    public internal(set) var streams: Double
    /// Where 90 % of measured times lie.
    public internal(set) var spread: GEMMSpread.Range

    /// The time of one query of each head, whose caches, queries and outputs are `bytes`.
    func time(_ shape: AttentionShape, bytes: Double, on device: DeviceSpecification) -> Time {
      let heads = Double(shape.batch) * Double(shape.keyValueHeads)
      let keys = Double(shape.keyLength)
      let wait = keySeconds * (shape.meanDimension / 128).squareRoot() * keys / (keys + halfKeys)
      let ratio = min(heads / streams, 1e50)
      let fourth = ratio * ratio * ratio * ratio
      let memory =
        bytes / (bandwidthFraction * device.memoryBandwidth.value) * (1 + streamLoss * fourth / (1 + fourth))
      let compute = max(1, heads / device.multiprocessors.value) * headSeconds
      return Time(
        seconds: launchSeconds + wait + Knee.joined(compute, memory, sharpness: kneeSharpness),
        fixed: launchSeconds + wait, compute: compute, memory: memory)
    }
  }
}

extension AttentionShape {
  /// Whether it is one query behind a cache; one of a single key works on blocks as several do.
  var isOneBehindCache: Bool { queryLength == 1 && keyLength > 1 }

  /// Elements of Q, K, V and the output.
  fileprivate var elements: Double { elements(queries: Double(queryLength)) }

  /// What of those Q, and K and V of these queries, are.
  fileprivate var inputShare: Double {
    let own = Double(batch) * meanDimension * Double(queryLength) * (Double(heads) + 2 * Double(keyValueHeads))
    return own / elements
  }

  /// One query of each head that looks at so many keys.
  fileprivate func oneQuery(of keys: Int) -> AttentionShape? {
    try? AttentionShape(
      batch: batch, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension,
      valueDimension: valueDimension, queryLength: 1, keyLength: keys, causal: causal, window: window,
      isChunked: isChunked, cachedSize: cachedSize, valuesAreKeys: valuesAreKeys)
  }

  fileprivate func elements(queries: Double) -> Double {
    2 * Double(batch) * meanDimension * (Double(heads) * queries + Double(keyValueHeads) * Double(keyLength))
  }
}
