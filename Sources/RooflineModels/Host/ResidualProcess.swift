internal import Foundation

/// A Gaussian process on the log of measured over structural time: what the structure does not say, learned smoothly.
///
/// Its mean is Σ αᵢ·κ(x, xᵢ) with the rational quadratic kernel κ(d) = a²·(1 + d²/4)⁻² (Rasmussen and Williams,
/// *Gaussian Processes for Machine Learning*, 2006, eq. 4.19, α = 2): lengths of several scales at once, and no
/// transcendental function, so that a prediction over thousands of rows takes microseconds.
struct ResidualProcess: Hashable, Sendable {
  /// The parameters of a process apart from its rows.
  struct Hyperparameters: Hashable, Sendable {
    /// The length over which each input decorrelates.
    var lengths: [Double]
    /// The standard deviation of the process, a.
    var amplitude: Double
    /// The standard deviation of a row about the process, beside the row's own.
    var noise: Double

    /// Inputs over their lengths.
    func scaled(_ inputs: [Double]) -> [Double] { zip(inputs, lengths).map { $0 / $1 } }
  }

  let geometry: BlockGeometry
  /// Bytes of an element.
  let elementSize: Double
  let parameters: Hyperparameters
  /// The weight of each row, α = (K + noise)⁻¹·residual.
  let weights: [Double]
  private let points: PackedPoints

  /// A process with known weights, one a row; rows of no weight take no part.
  init(
    geometry: BlockGeometry, elementSize: Double, parameters: Hyperparameters, rows: [FitRow], weights: [Double]
  ) {
    self.geometry = geometry
    self.elementSize = elementSize
    self.parameters = parameters
    self.weights = weights
    let chosen = rows.indices.filter { weights[$0] != 0 }
    points = PackedPoints(
      points: chosen.flatMap {
        Self.scaledInputs(rows[$0], geometry: geometry, elementSize: elementSize, parameters: parameters)
      },
      size: parameters.lengths.count, values: chosen.map { weights[$0] })
  }

  /// The log of measured over structural time that the rows suggest at a shape.
  ///
  /// O(rows).
  func mean(m: Double, k: Double, n: Double) -> Double {
    let point = parameters.scaled(Self.inputs(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize))
    let sum = points.sums(at: point) { squared in
      let root = 1 + squared * 0.25
      return 1 / (root * root)
    }
    return sum.weighted * parameters.amplitude * parameters.amplitude
  }

  /// The kernel over a²; `squared` is the squared distance over the lengths.
  static func correlation(squared: Double) -> Double {
    let root = 1 + squared / 4
    return 1 / (root * root)
  }

  /// The inputs of a row over their lengths.
  static func scaledInputs(
    _ row: FitRow, geometry: BlockGeometry, elementSize: Double, parameters: Hyperparameters
  ) -> [Double] {
    parameters.scaled(inputs(m: row.m, k: row.k, n: row.n, geometry: geometry, elementSize: elementSize))
  }

  /// What the process sees of a shape: log₂ of m, k, n and of the sizes of A, B, C and of the work, which caches
  /// they leave, where m and n stand in the staircase of their panels, whether rows of A, B and C begin on boundaries
  /// of vectors, and for products that threads share whether they write the same lines and what packed pieces leave.
  static func inputs(m: Double, k: Double, n: Double, geometry: BlockGeometry, elementSize: Double) -> [Double] {
    let (lm, lk, ln) = (log2(m), log2(k), log2(n))
    var inputs = [lm, lk, ln, lm + lk + ln, lm + lk, lk + ln, lm + ln]
    inputs.reserveCapacity(32)
    inputs.append(log2(CodePath.alignment(k)) / 4)
    inputs.append(log2(CodePath.alignment(n)) / 4)
    inputs.append(Self.overVector(k))
    let cut = BlockCut(m: m, k: k, n: n, geometry: geometry)
    if geometry.rest == .innerProducts {
      inputs += [cut.innerColumns > 0 ? 1 : 0, Self.overVector(n)]
      let bytes = elementSize * (m * k + k * n + m * n)
      for sizes in [CodePath.nearEdges, CodePath.farEdges] { inputs.append(CodePath.climb(bytes, sizes)) }
    }
    if geometry.sharing > 1 {
      let contends = CodePath.contendsForLines(cut, n, geometry: geometry, elementSize: elementSize)
      inputs.append(cut.sharesColumns && !contends ? 1 : 0)
      inputs.append(Self.overVector(n))
      let piece = CodePath.pieceBytes(m, k, geometry: geometry, elementSize: elementSize)
      inputs.append(CodePath.climb(piece, CodePath.nearEdges))
      inputs.append(CodePath.climb(elementSize * m * n, CodePath.contendedSizes))
    }
    inputs += BlockCut.shares(cut.rows(besideWidth: cut.columns[0] > 0 ? 0 : 1))
    inputs += BlockCut.shares(cut.columns)
    return inputs
  }

  /// The part of a vector that an extent leaves over.
  private static func overVector(_ extent: Double) -> Double {
    extent.truncatingRemainder(dividingBy: BlockGeometry.vectorColumns) / BlockGeometry.vectorColumns
  }
}
