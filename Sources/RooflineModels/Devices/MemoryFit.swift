public import GEMMTiming

/// What rows taught about passes over memory of some kinds.
///
/// For b bytes on a device of bandwidth B and last-level cache C, with r = b/(g·C):
///
///     t = launch + b/B·(1/c + max(0, 1/f − 1/c)·r⁴/(1 + r⁴))
///
/// c and f are the fractions of B that a pass reaches within the cache and beyond it.
public struct MemoryFit: Hashable, Sendable {
  /// The kinds of pass that it serves.
  public let kinds: [MemoryTraffic.Kind]
  /// Seconds of a pass that moves nothing.
  public let launchSeconds: Double
  /// Fraction of the memory bandwidth that small passes reach; above 1 where the cache is faster than memory.
  public let cachedFraction: Double
  /// Fraction of the memory bandwidth that large passes reach.
  public let bandwidthFraction: Double
  /// Bytes over the cache's capacity at which a pass is half cached.
  public let cacheShare: Double
  /// Where 90 % of measured times lie.
  public let spread: GEMMSpread.Range
  /// The rows that it was fitted to.
  public let source: String

  /// Seconds of a pass over `bytes`.
  func seconds(_ bytes: Double, on device: DeviceSpecification) -> Double {
    let streaming = bytes / device.memoryBandwidth.value
    let ratio = bytes / (cacheShare * device.cacheCapacity.value)
    let fourth = min(ratio * ratio * ratio * ratio, 1e300)
    let beyond = max(0, 1 / bandwidthFraction - 1 / cachedFraction) * fourth / (1 + fourth)
    return max(streaming, launchSeconds + streaming * (1 / cachedFraction + beyond))
  }
}
