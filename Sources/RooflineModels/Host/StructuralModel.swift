internal import GEMMTiming

/// The physical part of `Get_Time`: t = Σ cᵢ·fᵢ(m, k, n) with cᵢ ≥ 0.
struct StructuralModel: Hashable, Sendable {
  /// Seconds a unit of each feature, in the order of ``features(_:_:_:)``.
  var coefficients: [Double]

  static func features(m: Double, k: Double, n: Double) -> [Double] {
    [1, m * k * n, m * k, k * n, m * n]
  }

  func seconds(m: Double, k: Double, n: Double) -> Double {
    zip(coefficients, Self.features(m: m, k: k, n: n)).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
