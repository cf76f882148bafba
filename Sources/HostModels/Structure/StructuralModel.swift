internal import Foundation

/// The physical part of `Get_Time`: t = Σ cᵢ·fᵢ(m, k, n) with cᵢ ≥ 0, each term the cost of a real part of the work.
///
/// Libraries take another path for small products (a kernel without packing, or one thread instead of all): where the
/// rows show such a threshold, the two paths have a blocking and costs each.
struct StructuralModel: Hashable, Sendable, Codable {
  /// Bytes of an element.
  var elementSize: Double
  /// The path of products above the threshold, and of all products where there is none.
  var large: CodePath
  /// The path of products up to the threshold.
  var small: CodePath?
  /// The product m·k·n up to which the path of small products is taken.
  var threshold: Double

  /// Thresholds of OpenBLAS 0.3: products up to 4·65,536 run on one thread, from 0.3.27 on up to twice that
  /// (interface/gemm.c), up to 10⁶ in the small-matrix kernels of AVX-512 processors; and a factor of four about them, for
  /// other libraries.
  static let thresholdChoices: [Double] = [65_536, 262_144, 524_288, 1e6, 4e6]

  /// Whether a shape takes the path of small products.
  func isSmall(_ m: Double, _ k: Double, _ n: Double) -> Bool { small != nil && m * k * n <= threshold }

  /// The path that a shape takes.
  func path(_ m: Double, _ k: Double, _ n: Double) -> CodePath {
    if let small, m * k * n <= threshold { return small }
    return large
  }

  /// Seconds of one GEMM.
  func seconds(m: Double, k: Double, n: Double) -> Double {
    path(m, k, n).seconds(m: m, k: k, n: n, elementSize: elementSize)
  }

  /// Seconds by what they are spent on.
  typealias Parts = (fixed: Double, compute: Double, memory: Double)

  /// Seconds of one GEMM by what they are spent on.
  func parts(m: Double, k: Double, n: Double) -> Parts {
    path(m, k, n).parts(m: m, k: k, n: n, elementSize: elementSize)
  }

  /// The flop/s that GEMMs tend to as every extent grows without end.
  var sustainedFlops: Double {
    let extent = Double(1 << 24) * 3
    return 2 * extent * extent * extent / max(seconds(m: extent, k: extent, n: extent), .leastNonzeroMagnitude)
  }
}
