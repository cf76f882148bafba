internal import Foundation
internal import GEMMTiming

/// What rows taught about one library's fused attention kernels.
///
/// A thread block works on 128 queries of one head. With F the flops of all blocks (queries padded to the granularity),
/// N multiprocessors of f·P/N flop/s each, and T blocks to each of them, of which the last wave may be partial,
///
///     compute = F/(f·P) + tail·longest + T·block
///
/// where longest is a head's last block, which attends to all keys: how list scheduling ends (Graham, *Bounds on
/// Multiprocessing Timing Anomalies*, 1969). The kernel takes launch + (computeᵖ + memoryᵖ)^(1/p).
public struct AttentionFit: Hashable, Sendable {
  /// The library's name.
  public let name: String
  /// Parts of a measured row's `variant` that mean this library.
  public let matches: [String]
  /// Fraction of the peak that a block reaches.
  public let computeFraction: Double
  /// Fraction of the memory bandwidth that Q, K, V and the output stream at.
  public let bandwidthFraction: Double
  /// The exponent p of the knee.
  public let kneeSharpness: Double
  /// Seconds of a kernel that does nothing.
  public let launchSeconds: Double
  /// Seconds that a block takes beside its flops.
  public let blockSeconds: Double
  /// Queries are padded to a multiple of this.
  public let rowGranularity: Double
  /// How much of a head's last block is waited for at the end.
  public let tailShare: Double
  /// How much of the fixed cost of a wave's unfilled rest is lost, from 0 to 1.
  public let waveQuantization: Double
  /// Where 90 % of measured times lie.
  public let spread: GEMMSpread.Range
  /// The rows that it was fitted to.
  public let source: String

  /// Seconds of a kernel on a device with that peak.
  func seconds(
    _ shape: AttentionShape, bytes: Double, peak: Double, on device: DeviceSpecification
  ) -> (seconds: Double, compute: Double, memory: Double) {
    let processors = device.multiprocessors.value
    let rate = computeFraction * peak / processors
    let (queries, keys) = (Double(shape.queryLength), Double(shape.keyLength))
    let head = Double(shape.headDimension)
    let blocks = Double(shape.batch) * Double(shape.heads) * (queries / 128).rounded(.up)
    let padded = (queries / rowGranularity).rounded(.up) * rowGranularity
    let perHead = Self.pairs(queries: queries, keys: keys, causal: shape.causal, granule: rowGranularity)
    let pairs = Double(shape.batch) * Double(shape.heads) * perHead
    let load = blocks / processors
    let turns = max(1, load + waveQuantization * (load.rounded(.up) - load))
    let longest = min(padded, 128) * keys * 4 * head / rate
    let compute = pairs * 4 * head / (rate * processors) + tailShare * longest + turns * blockSeconds
    let memory = bytes / (bandwidthFraction * device.memoryBandwidth.value)
    return (launchSeconds + Self.knee(compute, memory, kneeSharpness), compute, memory)
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

  private static func knee(_ a: Double, _ b: Double, _ sharpness: Double) -> Double {
    let larger = max(a, b)
    guard larger > 0, larger.isFinite else { return larger }
    return larger * pow(1 + pow(min(a, b) / larger, sharpness), 1 / sharpness)
  }
}
