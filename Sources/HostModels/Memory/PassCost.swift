internal import Foundation
internal import GEMMTiming
internal import LinearSolvers

/// What one kind of pass over rows of a host's memory takes: a norm, a softmax, an activation.
///
///     seconds = c₀ + c₁·rows + c₂·elements + Σ cᵢ·elements·outside(bytes, cacheᵢ)
///
/// The costs are not negative and fitted to the table's rows of that kind. Unlike copies, such passes compute: what a
/// stream of as many bytes takes says little of a softmax.
struct PassCost: Hashable, Sendable, Codable {
  /// Which pass.
  let kind: MemoryTraffic.Kind
  /// Seconds a call, a row, an element, and an element out of each cache.
  let costs: [Double]
  /// The standard deviation of the logarithm of a time about the costs.
  let logDeviation: Double
  /// The smallest and largest bytes among the rows.
  let bytes: ClosedRange<Double>

  /// The sizes about which what a pass reads and writes is taken to leave a cache.
  private static let cacheSizes = [32e3, 512e3, 2e6, 16e6, 32e6]
  static let termCount = 3 + cacheSizes.count
  /// Rows of a kind from which costs are told.
  private static let leastRows = 3

  /// The costs of every kind that the rows tell of, in the order of the kinds.
  static func fit(_ rows: [TimingRow], solver: any DenseSolver) throws(SolverError) -> [PassCost] {
    var fits: [PassCost] = []
    for kind in MemoryTraffic.Kind.allCases {
      let own = rows.filter { $0.routine.passKind == kind }
      guard own.count >= leastRows else { continue }
      let terms = own.map { row in
        let traffic = row.routine.traffic(row.shape, row.dtype)
        return Self.terms(rows: Double(row.shape.m), bytes: traffic.bytes, written: traffic.written)
      }
      let costs = try NonNegativeLeastSquares.relativeFit(terms, seconds: own.map(\.seconds), solver: solver)
      let bytes = own.map { $0.routine.traffic($0.shape, $0.dtype).bytes }
      let squares = zip(own, terms).reduce(0) { sum, pair in
        let told = zip(costs, pair.1).reduce(0) { $0 + $1.0 * $1.1 }
        return sum + pow(log(pair.0.seconds / max(told, 1e-12)), 2)
      }
      let freedom = max(own.count - costs.count { $0 > 0 }, 1)
      fits.append(
        PassCost(
          kind: kind, costs: costs, logDeviation: max((squares / Double(freedom)).squareRoot(), leastDeviation),
          bytes: (bytes.min() ?? 0)...(bytes.max() ?? 0)))
    }
    return fits
  }

  /// Two measurements of one pass differ by as much.
  private static let leastDeviation = 0.03

  /// Whether the rows reach from fewer bytes to more than that.
  func covers(_ traffic: MemoryTraffic) -> Bool { bytes.contains(traffic.bytes) }

  /// Seconds of a pass over so many rows; of one that does not say, over one.
  func seconds(_ traffic: MemoryTraffic) -> Double {
    let terms = Self.terms(rows: traffic.rows ?? 1, bytes: traffic.bytes, written: traffic.written)
    return zip(costs, terms).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// `written` stands for the elements: each pass writes one for each that it computes.
  private static func terms(rows: Double, bytes: Double, written: Double) -> [Double] {
    [1, rows, written] + cacheSizes.map { bytes > 0 ? written * CodePath.outside(bytes, $0) : 0 }
  }
}
