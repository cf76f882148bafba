/// The extents of a GEMM: C[m×n] = A[m×k] · B[k×n], `batch` times over with separate A, B and C.
///
/// The order is always m, k, n. Derived sizes are `Double`: the product of four legal extents can pass `Int.max`,
/// and a `Double` holds it exactly up to 2⁵³ and to three parts in 2⁵³ beyond.
public struct GEMMShape: Hashable, Sendable {
  /// Rows of A and C.
  public let m: Int
  /// Columns of A, rows of B: the dimension that is summed over.
  public let k: Int
  /// Columns of B and C.
  public let n: Int
  /// How many independent products of that shape.
  public let batch: Int

  /// The largest legal extent, 2⁴⁰: far past any real tensor, and small enough that sums of products stay finite.
  public static let maximumExtent = 1 << 40

  /// Makes a shape.
  ///
  /// - Throws: ``ShapeError`` unless every extent lies in 1...``maximumExtent``.
  public init(m: Int, k: Int, n: Int, batch: Int = 1) throws(ShapeError) {
    for (name, value) in [("m", m), ("k", k), ("n", n), ("batch", batch)]
    where value < 1 || value > Self.maximumExtent {
      throw ShapeError(dimension: name, value: value)
    }
    self.m = m
    self.k = k
    self.n = n
    self.batch = batch
  }

  /// 2·m·k·n·batch floating-point operations.
  public var flops: Double { 2 * Double(m) * Double(k) * Double(n) * Double(batch) }

  /// The elements of A, B and C together, all batches: m·k + k·n + m·n each.
  public var elements: Double {
    Double(batch) * (Double(m) * Double(k) + Double(k) * Double(n) + Double(m) * Double(n))
  }

  /// The compulsory traffic in bytes: each of A, B and C crosses the memory bus once.
  public func bytes(_ dtype: DataType) -> Double { Double(dtype.size) * elements }

  /// flops / bytes.
  public func arithmeticIntensity(_ dtype: DataType) -> Double { flops / bytes(dtype) }
}

extension GEMMShape: CustomStringConvertible {
  /// `(1024,1024,4096)`, or `(10000,512,10000)×2048` when batched.
  public var description: String { "(\(m),\(k),\(n))" + (batch == 1 ? "" : "×\(batch)") }
}

/// An extent outside 1...2⁴⁰.
public struct ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// `m`, `k`, `n` or `batch`.
  public let dimension: String
  /// What it was to be.
  public let value: Int

  /// Names the culprit.
  public init(dimension: String, value: Int) {
    self.dimension = dimension
    self.value = value
  }

  /// One line for people.
  public var description: String {
    "\(dimension) is \(value); a whole number from 1 to \(GEMMShape.maximumExtent) is expected"
  }
}
