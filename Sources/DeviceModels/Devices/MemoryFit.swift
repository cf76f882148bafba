public import GEMMTiming

/// What rows taught about passes over memory of some kinds.
///
/// For b bytes on a device of bandwidth B and last-level cache C, with r = b/(g·C):
///
///     t = launch + fill·b/(b + b₀) + stream
///     stream = b/B·(1/c + max(0, 1/f − 1/c)·r⁴/(1 + r⁴))
///
/// c and f are the fractions of B that a pass reaches within the cache and beyond it; fill is what passes wait until
/// they keep the memory busy. Where ``rows`` is known, rows are worked on one by one, and ``Rows/seconds(_:stream:on:)``
/// takes the place of the stream.
public struct MemoryFit: Hashable, Sendable {
  /// The kinds of pass that it serves.
  public let kinds: [MemoryTraffic.Kind]
  /// Seconds of a pass that moves nothing.
  public internal(set) var launchSeconds: Double
  /// Fraction of the memory bandwidth that small passes reach; above 1 where the cache is faster than memory.
  public internal(set) var cachedFraction: Double
  /// Fraction of the memory bandwidth that large passes reach.
  public internal(set) var bandwidthFraction: Double
  /// Bytes over the cache's capacity at which a pass is half cached.
  public internal(set) var cacheShare: Double
  /// Seconds that all but the smallest passes wait for memory beside the launch.
  public internal(set) var fillSeconds = 0.0
  /// Bytes at which a pass waits for half of ``fillSeconds``.
  public internal(set) var fillBytes = 1.0
  /// What a row costs, of kinds that work on rows.
  public internal(set) var rows: Rows?
  /// Where 90 % of measured times lie.
  public internal(set) var spread: GEMMSpread.Range
  /// The rows that it was fitted to.
  public internal(set) var source: String
  /// The device of those rows where it is another than the file's.
  public internal(set) var rowsOf: String?

  /// Seconds of a pass.
  func seconds(_ traffic: MemoryTraffic, on device: DeviceSpecification) -> Double {
    let bytes = traffic.bytes
    let streaming = bytes / device.memoryBandwidth.value
    let ratio = bytes / (cacheShare * device.cacheCapacity.value)
    let fourth = min(ratio * ratio * ratio * ratio, 1e300)
    let beyond = max(0, 1 / bandwidthFraction - 1 / cachedFraction) * fourth / (1 + fourth)
    let stream = streaming * (1 / cachedFraction + beyond)
    let work = rows?.seconds(traffic, stream: stream, on: device) ?? stream
    return max(streaming, launchSeconds + fillSeconds * bytes / (bytes + fillBytes) + work)
  }
}

extension MemoryFit {
  /// What rows cost that a thread block each works on, as those of norms and softmax.
  ///
  /// A row of w bytes takes a block w·τ seconds, more the more are worked on at once; with N multiprocessors, R rows and
  /// M = √(R·R·w/4096), the geometric mean of rows and of blocks of memory,
  ///
  ///     row  = w·τ·(1 + κ·M/(M + M₀))
  ///     turns = R/N·(turn + long·(w/w₀)²/(1 + (w/w₀)²))
  ///     t = (rowᵖ + streamᵖ + turnsᵖ)^(1/p)
  ///
  /// long is what a row costs that does not fit the registers of its block. t falls with neither rows nor bytes.
  public struct Rows: Hashable, Sendable {
    /// The τ: seconds a byte of a row that is alone.
    public internal(set) var byteSeconds: Double
    /// The κ: how much longer a row takes among many, over one that is alone.
    public internal(set) var crowding: Double
    /// The M₀: mean of rows and of 4096 bytes at which half of that is felt.
    public internal(set) var halfCrowd: Double
    /// The exponent p.
    public internal(set) var kneeSharpness: Double
    /// Seconds of a multiprocessor for each row beside its bytes.
    public internal(set) var turnSeconds: Double
    /// Seconds of a multiprocessor that a long row costs beside that.
    public internal(set) var longTurnSeconds: Double
    /// The w₀: bytes of a row, read and written, that costs half of that.
    public internal(set) var longBytes: Double

    /// Bytes of a row, read and written, of which nobody says how long it is: 4096 elements of 2 bytes.
    static let usualBytes = 16384.0

    /// Seconds of a pass whose bytes take `stream`.
    func seconds(_ traffic: MemoryTraffic, stream: Double, on device: DeviceSpecification) -> Double {
      let rows = max(1, traffic.rows ?? traffic.bytes / Self.usualBytes)
      let bytes = traffic.bytes / rows
      let crowd = rows * (bytes / 4096).squareRoot()
      let row = bytes * byteSeconds * (1 + crowding * crowd / (crowd + halfCrowd))
      let length = min(bytes / longBytes, 1e100)
      let long = longTurnSeconds * length * length / (1 + length * length)
      let turns = rows / device.multiprocessors.value * (turnSeconds + long)
      return Knee.joined(row, Knee.joined(stream, turns, sharpness: kneeSharpness), sharpness: kneeSharpness)
    }
  }
}
