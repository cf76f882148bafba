internal import Foundation

/// The physical part of `Get_Time`: t = Σ cᵢ·fᵢ(m, k, n) with cᵢ ≥ 0, each term the cost of a real part of the work.
///
/// The terms, with a and b running over the panel widths of ``BlockGeometry`` and Nₐ, N_b the number of panels:
///
///     fixed cost                       1, m, n, k, ⌈k/depth⌉
///     multiply-adds of a register tile Nₐ·N_b·k
///     read and write of a tile of C    Nₐ·N_b·⌈k/depth⌉
///     packing and clearing             m·k, k·n, m·n
///     the same, out of each cache      x / (1 + (size/bytes)²)    x = m·k, k·n, m·n
///     pages touched, out of each cache the same for the pages of A, B and C
///     reading packed blocks again      m·k·⌊n/128⌋, k·n·⌊m/128⌋, m·n·⌊k/128⌋ likewise
///
/// bytes is the compulsory traffic. The sizes are a ladder and not this machine's caches: the fit finds out which matter.
struct StructuralModel: Hashable, Sendable {
  var geometry: BlockGeometry
  /// Bytes of an element.
  var elementSize: Double
  /// Seconds a unit of each feature, in the order of ``features(m:k:n:)``.
  var coefficients: [Double]
  /// The same for products up to the geometry's threshold; empty without one.
  var smallCoefficients: [Double] = []

  /// The sizes in bytes around which an operand is taken to leave a cache.
  static let cacheSizes: [Double] = [32e3, 256e3, 1e6, 4e6, 16e6, 32e6]
  /// Those between which packed blocks are read again.
  static let blockSizes: [Double] = [256e3, 1e6, 4e6]
  static let pageBytes = 4096.0
  static let repeatedBlock = 128.0

  /// What a term stands for.
  enum Kind { case fixed, compute, memory }

  /// The kind of each feature for a geometry.
  static func kinds(_ geometry: BlockGeometry) -> [Kind] {
    let tiles = geometry.rowPanels.count * geometry.columnPanels.count
    return Array(repeating: .fixed, count: 5) + (0..<tiles).flatMap { _ in [Kind.compute, .memory] }
      + Array(repeating: .memory, count: 3 + 6 * cacheSizes.count + 3 * blockSizes.count)
  }

  /// The features of one shape.
  ///
  /// O(number of features).
  static func features(m: Double, k: Double, n: Double, geometry: BlockGeometry, elementSize: Double) -> [Double] {
    let blocks = (k / Double(geometry.depth)).rounded(.up)
    var features = [1, m, n, k, blocks]
    let columnCounts = BlockGeometry.counts(n, geometry.columnPanels)
    for rows in BlockGeometry.counts(m, geometry.rowPanels) {
      for columns in columnCounts {
        features.append(rows * columns * k)
        features.append(rows * columns * blocks)
      }
    }
    let operands = [m * k, k * n, m * n]
    features += operands
    let bytes = elementSize * (m * k + k * n + m * n)
    func pages(_ rows: Double, _ columns: Double) -> Double {
      min(rows, rows * columns * elementSize / pageBytes + 1)
    }
    let touched = operands + [pages(m, k), pages(k, n), pages(m, n)]
    for size in cacheSizes {
      let outside = 1 / (1 + (size / bytes) * (size / bytes))
      for amount in touched { features.append(amount * outside) }
    }
    func whole(_ extent: Double) -> Double { (extent / repeatedBlock).rounded(.down) }
    let repeated = [m * k * whole(n), k * n * whole(m), m * n * whole(k)]
    for size in blockSizes {
      let outside = 1 / (1 + (size / bytes) * (size / bytes))
      for amount in repeated { features.append(amount * outside) }
    }
    return features
  }

  func features(m: Double, k: Double, n: Double) -> [Double] {
    Self.features(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize)
  }

  /// Seconds of one GEMM.
  func seconds(m: Double, k: Double, n: Double) -> Double {
    var sum = 0.0
    let coefficients = geometry.isSmall(m, k, n) ? smallCoefficients : coefficients
    for (coefficient, feature) in zip(coefficients, features(m: m, k: k, n: n)) where coefficient > 0 {
      sum += coefficient * feature
    }
    return sum
  }

  /// Seconds of one GEMM by what they are spent on.
  func parts(m: Double, k: Double, n: Double) -> (fixed: Double, compute: Double, memory: Double) {
    var parts = (fixed: 0.0, compute: 0.0, memory: 0.0)
    let kinds = Self.kinds(geometry)
    let coefficients = geometry.isSmall(m, k, n) ? smallCoefficients : coefficients
    for (index, feature) in features(m: m, k: k, n: n).enumerated() where coefficients[index] > 0 {
      let seconds = coefficients[index] * feature
      switch kinds[index] {
      case .fixed: parts.fixed += seconds
      case .compute: parts.compute += seconds
      case .memory: parts.memory += seconds
      }
    }
    return parts
  }

  /// The flop/s that GEMMs tend to as every extent grows without end.
  var sustainedFlops: Double {
    let extent = Double(1 << 24) * 3
    return 2 * extent * extent * extent / max(seconds(m: extent, k: extent, n: extent), .leastNonzeroMagnitude)
  }
}
