/// One path through a GEMM library: a blocking and what its parts cost.
///
/// The time is Σ cᵢ·fᵢ(m, k, n) over the terms of `CodePath+Terms`.
struct CodePath: Hashable, Sendable, Codable {
  var geometry: BlockGeometry
  /// Seconds a unit of each term, in the order in which they are visited, none negative.
  var coefficients: [Double]

  /// The terms of one shape.
  ///
  /// O(number of terms).
  static func terms(m: Double, k: Double, n: Double, geometry: BlockGeometry, elementSize: Double) -> [Double] {
    var terms: [Double] = []
    terms.reserveCapacity(200)
    visitTerms(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize) { _, term in terms.append(term) }
    return terms
  }

  /// The group of each term.
  static func groups(_ geometry: BlockGeometry) -> [TermGroup] {
    var groups: [TermGroup] = []
    visitTerms(m: 1, k: 1, n: 1, geometry: geometry, elementSize: 4) { group, _ in groups.append(group) }
    return groups
  }

  /// How many terms a geometry has.
  static func termCount(_ geometry: BlockGeometry) -> Int {
    terms(m: 1, k: 1, n: 1, geometry: geometry, elementSize: 4).count
  }

  /// Seconds of one GEMM on this path.
  func seconds(m: Double, k: Double, n: Double, elementSize: Double) -> Double {
    var sum = 0.0
    var index = 0
    coefficients.withUnsafeBufferPointer { coefficients in
      Self.visitTerms(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize) { _, term in
        if index < coefficients.count { sum += coefficients[index] * term }
        index += 1
      }
    }
    return sum
  }

  /// Seconds of one GEMM on this path by what they are spent on.
  func parts(
    m: Double, k: Double, n: Double, elementSize: Double
  ) -> (fixed: Double, compute: Double, memory: Double) {
    var parts = (fixed: 0.0, compute: 0.0, memory: 0.0)
    var index = 0
    Self.visitTerms(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize) { group, term in
      let seconds = index < coefficients.count ? coefficients[index] * term : 0
      index += 1
      switch group.kind {
      case .fixed: parts.fixed += seconds
      case .compute: parts.compute += seconds
      case .memory: parts.memory += seconds
      }
    }
    return parts
  }
}
