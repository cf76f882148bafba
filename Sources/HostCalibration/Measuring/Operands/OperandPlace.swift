internal import GEMMTiming

/// Where an item's operands lie beside the caches of a core, and what that means for timing it.
struct OperandPlace {
  /// Whether the calls before those that count are to fill caches, not only to wake the core.
  let fillsCaches: Bool
  /// Whether one core does a call out of half of its own second-level cache: nothing but a disturbance makes one a tenth
  /// slower than it was a moment before.
  let isSteady: Bool
  /// Whether operands stream past the caches, and leave the core slower by itself for a while.
  let streams: Bool
  /// Whether operands come from the last-level cache, once they are there.
  let isFar: Bool
  /// Whether no cache holds the operands.
  let isOutside: Bool
  /// Whether a product works on its operands for so long that where they come from hardly matters.
  let isReused: Bool

  /// Flops a byte from which it hardly matters.
  private static let reuse = 64.0
  /// Second-level caches' sizes beyond which operands stream, and flops a byte from which they do not.
  ///
  /// A Zen 3 core is a third slower for 60 µs and more after (5000, 1000, 2), 20 MB, and not after 512³.
  private static let (streamed, streaming) = (8.0, 16.0)

  /// Bytes of a core's data caches, and of the last-level one.
  struct Caches {
    let first: Double
    let second: Double
    let last: Double

    /// Those of a host; usual sizes where it does not say.
    init(_ topology: HostTopology) {
      func largest(_ level: Int) -> Int? {
        topology.caches.filter { $0.level == level && $0.kind != .instruction }.map(\.size).max()
      }
      first = Double(largest(1) ?? 32 << 10)
      second = Double(largest(2) ?? 1 << 20)
      last = Double(topology.lastLevelCache?.size ?? 32 << 20)
    }
  }

  /// The place of an item's operands, on which one thread works alone or several do.
  init(_ item: WorkItem, isAlone: Bool, beside caches: Caches) {
    let (bytes, flops, isHot) = (item.operandBytes, item.shape.flops, item.cache == .hot)
    fillsCaches = isHot && bytes > caches.first
    isSteady = isAlone && isHot && bytes <= caches.second / 2
    streams = Self.streams(bytes: bytes, flops: flops, beside: caches)
    isFar = isHot && bytes > caches.second / 2 && bytes <= caches.last
    isOutside = bytes > caches.last
    isReused = flops >= Self.reuse * bytes
  }

  /// Whether operands of so many bytes stream past the caches.
  static func streams(bytes: Double, flops: Double, beside caches: Caches) -> Bool {
    bytes > streamed * caches.second && flops < streaming * bytes
  }
}
