internal import Foundation
internal import GEMMTiming
internal import LinearSolvers

/// What operands cost in addition that a product finds in memory rather than in a cache.
///
///     cost(m, k, n) = share(bytes) · (a·mk + b·kn + c·mn) + 2c·share(packed)·mk + c/2·share(C)·mn
///
/// The share is measured: where between the fastest and the slowest rate streams over that many bytes lie, copies and
/// additions alike. So are the costs of an element: what the same products took more with their operands out of the
/// caches. The bytes are those of the operands and of the rows that the library packs, packed = m·min(k, depth).
///
/// The last parts are assumed, at what C's elements cost that go the same way; cold products of tables do not show them,
/// since what one pass leaves is still in a cache in the next. The packed rows go to memory and come back. C is cleared
/// in one pass and added to in another, half of which overlaps with the work. (Of such whole and half parts, these miss
/// long products least on ten calibrations of an Intel Xeon with 2 cores, with one thread and with two.) A last-level cache may hold every shape that a table has; nothing of its end would be known from those alone.
/// Grows with m, k and n.
struct UncachedCost: Hashable, Sendable {
  /// Bytes of operands, rising.
  let bytes: [Double]
  /// The share at each, from 0 to 1, never falling.
  let shares: [Double]
  /// Seconds of an element of A, of B and of C.
  let costs: [Double]

  /// Streams over less tell of the caches next to the core, which every large product leaves.
  private static let leastBytes = 262_144.0
  /// Pairs of times that the costs are solved from: at least so many, of products that are not all overhead.
  private static let leastPairs = 12
  private static let leastFlops = 1e6
  private static let leastExtent = 8.0

  /// The cost with known parts, as read from a file.
  init(bytes: [Double], shares: [Double], costs: [Double]) {
    self.bytes = bytes
    self.shares = shares
    self.costs = costs
  }

  /// The cost from streams and from products that were measured hot and cold; nil where these do not show one.
  ///
  /// O(rows).
  init?(
    streams: [TimingRow], hot: [FitRow], cold: [FitRow], elementSize: Double, solver: any DenseSolver
  ) throws(SolverError) {
    guard let profile = Self.profile(streams) else { return nil }
    (bytes, shares) = profile
    let known = Dictionary(hot.map { ($0.shape, $0.seconds) }, uniquingKeysWith: { first, _ in first })
    var rows: [[Double]] = []
    var goals: [Double] = []
    for row in cold where row.shape.flops >= Self.leastFlops && min(row.m, row.k, row.n) >= Self.leastExtent {
      guard let seconds = known[row.shape] else { continue }
      let fresh = 1 - Self.share(elementSize * row.shape.elements, profile.bytes, profile.shares)
      rows.append([row.m * row.k, row.k * row.n, row.m * row.n].map { fresh * $0 / seconds })
      goals.append(row.seconds / seconds - 1)
    }
    guard rows.count >= Self.leastPairs else { return nil }
    var weights = goals.map { _ in 1.0 }
    var costs: [Double] = []
    for _ in 0..<3 {
      costs = try NonNegativeLeastSquares.solve(rows: rows, goals: goals, weights: weights, solver: solver)
      // As Huber's estimator has it: a pair of which one was disturbed does not decide.
      weights = zip(rows, goals).map { row, goal in
        let miss = abs(zip(row, costs).reduce(-goal) { $0 + $1.0 * $1.1 })
        return miss > 0.1 ? (0.1 / miss).squareRoot() : 1
      }
    }
    guard costs.contains(where: { $0 > 0 }) else { return nil }
    self.costs = costs
  }

  /// The same with `share` of its costs.
  func scaled(by share: Double) -> UncachedCost {
    UncachedCost(bytes: bytes, shares: shares, costs: costs.map { $0 * share })
  }

  /// Seconds in addition, with blocks of `depth`.
  func seconds(_ m: Double, _ k: Double, _ n: Double, depth: Double, elementSize: Double) -> Double {
    let (a, b, c) = (m * k, k * n, m * n)
    let packed = m * min(k, depth)
    return share(elementSize * (a + b + c + packed)) * (costs[0] * a + costs[1] * b + costs[2] * c)
      + costs[2] * (2 * share(elementSize * packed) * a + share(elementSize * c) * c / 2)
  }

  /// The share of operands of so many bytes: linear in the logarithm between what was measured.
  func share(_ size: Double) -> Double { Self.share(size, bytes, shares) }

  private static func share(_ size: Double, _ bytes: [Double], _ shares: [Double]) -> Double {
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
