internal import Foundation
internal import GEMMTiming

/// What operands cost in addition that a product finds in memory rather than in a cache.
///
///     seconds(m, k, n) = cost·(share(bytes)·(mk + kn + mn) + p·share(packed)·mk + ½·share(C)·mn)
///
/// The share is measured: where between the fastest and the slowest rate streams over twice as many bytes lie, copies and
/// additions alike. So is the cost of an element: what the same products took more with their operands out of the
/// caches. It is one for all three, since their own come out of a table's pairs with errors of a quarter. The bytes are
/// those of the operands and of the rows that the library packs, packed = m·min(k, depth).
///
/// The last parts are assumed; cold products of tables do not show them, since what one pass leaves is still in a cache
/// in the next. The packed rows go to memory, and where threads share a product, half of them come back: p = 1 or 1½. C is
/// cleared in one pass and added to in another, half of which overlaps with the work. Streams count twice, as what a
/// product goes through in several orders displaces itself. Of such parts in halves, these missed products of 8,192 to
/// 65,536 rows least. The data were fourteen calibrations of an Intel Xeon with rows of up to 2,048.
///
/// A last-level cache may hold every shape that a table has; nothing of its end would be known from those alone.
/// Grows with m, k and n.
struct UncachedCost: Hashable, Sendable, Codable {
  /// Bytes of streams, rising.
  let bytes: [Double]
  /// The share at each, from 0 to 1, never falling.
  let shares: [Double]
  /// Seconds of an element.
  let cost: Double

  /// Streams over less tell of the caches next to the core, which every large product leaves.
  private static let leastBytes = 262_144.0
  /// Bytes of a stream that find as much of a cache taken as a product's.
  private static let crowding = 2.0
  /// Pairs of times that the cost is told from: at least so many, of products that are not all overhead.
  private static let leastPairs = 12
  private static let leastFlops = 1e6
  private static let leastExtent = 8.0

  /// The cost with known parts, as read from a file.
  init(bytes: [Double], shares: [Double], cost: Double) {
    self.bytes = bytes
    self.shares = shares
    self.cost = cost
  }

  /// The cost from streams and from products that were measured hot and cold; nil where these do not show one.
  ///
  /// O(rows).
  init?(streams: [TimingRow], hot: [FitRow], cold: [FitRow], elementSize: Double) {
    guard let profile = Self.profile(streams) else { return nil }
    let free = UncachedCost(bytes: profile.bytes, shares: profile.shares, cost: 0)
    let known = Dictionary(hot.map { ($0.shape, $0.seconds) }, uniquingKeysWith: { first, _ in first })
    // What a pair took more, over the hot time, and by how much more a second of cost would have it.
    var pairs: [(more: Double, elements: Double)] = []
    for row in cold where row.shape.flops >= Self.leastFlops && min(row.m, row.k, row.n) >= Self.leastExtent {
      guard let seconds = known[row.shape] else { continue }
      let fresh = 1 - free.share(elementSize * row.shape.elements)
      pairs.append((row.seconds / seconds - 1, fresh * row.shape.elements / seconds))
    }
    guard pairs.count >= Self.leastPairs else { return nil }
    var cost = 0.0
    for pass in 0..<4 {
      var (above, below) = (0.0, 0.0)
      for pair in pairs {
        // As Huber's estimator has it: a pair of which one was disturbed does not decide.
        let miss = abs(pair.more - cost * pair.elements)
        let weight = pass > 0 && miss > 0.1 ? 0.1 / miss : 1
        above += weight * pair.elements * pair.more
        below += weight * pair.elements * pair.elements
      }
      cost = below > 0 ? above / below : 0
    }
    guard cost > 0 else { return nil }
    self.init(bytes: free.bytes, shares: free.shares, cost: cost)
  }

  /// The same with `part` of its cost.
  func scaled(by part: Double) -> UncachedCost { UncachedCost(bytes: bytes, shares: shares, cost: cost * part) }

  /// Seconds in addition, with blocks of `depth`, and with threads that share a product or not.
  func seconds(
    _ m: Double, _ k: Double, _ n: Double, depth: Double, isShared: Bool, elementSize: Double
  ) -> Double {
    let (a, b, c) = (m * k, k * n, m * n)
    let packed = m * min(k, depth)
    let operands = share(elementSize * (a + b + c + packed)) * (a + b + c)
    let packing = share(elementSize * packed) * a * (isShared ? 1.5 : 1)
    return cost * (operands + packing + share(elementSize * c) * c / 2)
  }

  /// The share of operands of so many bytes: linear in the logarithm between what was measured.
  func share(_ operands: Double) -> Double {
    let size = Self.crowding * operands
    guard let first = bytes.first, let last = bytes.last, size > first else { return 0 }
    guard size < last, let upper = bytes.firstIndex(where: { $0 > size }) else { return shares.last ?? 1 }
    let fraction = log(size / bytes[upper - 1]) / log(bytes[upper] / bytes[upper - 1])
    return shares[upper - 1] + fraction * (shares[upper] - shares[upper - 1])
  }

  /// The share by bytes; nil unless streams of at least three sizes differ in rate by a fifth.
  private static func profile(_ streams: [TimingRow]) -> (bytes: [Double], shares: [Double])? {
    var shares: [Double: [Double]] = [:]
    for routine in [TimingRow.Routine.copy, .axpy] {
      var logarithms: [Double: [Double]] = [:]
      for row in streams where row.routine == routine {
        // Both have two operands.
        let elements = Double(row.shape.m) * Double(row.shape.batch)
        let size = 2 * Double(row.dtype.size) * elements
        if size >= leastBytes { logarithms[size, default: []].append(log(row.seconds / elements)) }
      }
      let rates = logarithms.mapValues { exp($0.reduce(0, +) / Double($0.count)) }
      guard rates.count >= 3, let least = rates.values.min(), let largest = rates.keys.max(),
        let most = rates[largest], most > 1.2 * least
      else { continue }
      for (size, rate) in rates {
        shares[size, default: []].append(min(max((rate - least) / (most - least), 0), 1))
      }
    }
    guard shares.count >= 3 else { return nil }
    let bytes = shares.keys.sorted()
    var highest = 0.0
    let rising = bytes.map { size in
      let values = shares[size] ?? []
      highest = max(highest, values.reduce(0, +) / Double(max(values.count, 1)))
      return highest
    }
    return (bytes, rising)
  }
}
