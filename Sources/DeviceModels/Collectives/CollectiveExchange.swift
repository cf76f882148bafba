internal import GEMMTiming

/// An exchange inside a node, and which protocol a library takes for it.
struct CollectiveExchange {
  /// How many GPUs take part.
  let ranks: Double
  /// What one GPU sends in byte/s.
  let bandwidth: Double
  /// How often the message goes around: twice in an all-reduce.
  let passes: Double

  init(_ kind: Communication.Kind, ranks: Double, bandwidth: Double) {
    self.ranks = ranks
    self.bandwidth = bandwidth
    passes = kind == .allReduce ? 2 : 1
  }

  /// Seconds by the fastest protocol; of those that the library reckons with, only the one that it reckons fastest.
  ///
  /// What it reckons are straight lines in the bytes, so that each protocol is taken between two sizes at most. Where a
  /// larger message would be faster by the next protocol, it takes what the largest by the last one took: times never
  /// fall as messages grow. O(protocols²).
  func seconds(_ protocols: [CollectiveProtocol], bytes: Double) -> Double {
    var free = Double.infinity
    var chosen = -Double.infinity
    for index in protocols.indices {
      if protocols[index].estimate == nil {
        free = min(free, protocols[index].seconds(self, bytes: bytes))
      } else if let last = lastTaken(index, of: protocols, upTo: bytes) {
        chosen = max(chosen, protocols[index].seconds(self, bytes: last))
      }
    }
    return chosen > 0 ? min(free, chosen) : free
  }

  /// The largest message of at most `bytes` that the library sends by a protocol; nil when it sends none that way.
  private func lastTaken(_ index: Int, of protocols: [CollectiveProtocol], upTo bytes: Double) -> Double? {
    guard let own = protocols[index].estimated(self) else { return nil }
    var (from, to) = (0.0, Double.infinity)
    for other in protocols.indices where other != index {
      guard let line = protocols[other].estimated(self) else { continue }
      if line.slope == own.slope {
        if line.base < own.base || line.base == own.base && other < index { return nil }
        continue
      }
      let crossing = (line.base - own.base) / (own.slope - line.slope)
      if line.slope < own.slope { to = min(to, crossing) } else { from = max(from, crossing) }
    }
    return from <= min(to, bytes) && to > 0 ? min(to, bytes) : nil
  }
}
