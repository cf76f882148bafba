internal import Foundation

/// A Gaussian process on the log of measured over structural time: what the structure does not say, learned smoothly.
///
/// Its mean is Σ αᵢ·κ(x, xᵢ) with κ the amplitude's square times ``ModelStatistics/RationalQuadratic``.
struct ResidualProcess: Hashable, Sendable {
  /// The parameters of a process apart from its rows.
  struct Hyperparameters: Hashable, Sendable, Codable {
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
  /// The parts that it is cut into; one of few rows.
  let pieces: [ProcessPiece]
  /// The mean squared distance of a row from its own piece's middle.
  let spread: Double
  private let rows: [FitRow]
  /// The rows of each piece as ``mean(m:k:n:)`` goes through them: of a fit that is read, few are ever asked for.
  private let points: [Derived<PackedPoints>]

  /// A process with known pieces of some rows.
  init(
    geometry: BlockGeometry, elementSize: Double, parameters: Hyperparameters, rows: [FitRow], pieces: [ProcessPiece],
    spread: Double
  ) {
    self.geometry = geometry
    self.elementSize = elementSize
    self.parameters = parameters
    self.pieces = pieces
    self.spread = spread
    self.rows = rows
    points = pieces.map { _ in Derived() }
  }

  private func points(_ piece: Int) -> PackedPoints {
    points[piece].value {
      PackedPoints(
        points: pieces[piece].rows.flatMap {
          Self.scaledInputs(rows[$0], geometry: geometry, elementSize: elementSize, parameters: parameters)
        },
        size: parameters.lengths.count, values: pieces[piece].weights)
    }
  }

  /// The log of measured over structural time that the rows suggest at a shape.
  ///
  /// Between two middles the pieces pass over into each other. O(rows of a piece).
  func mean(m: Double, k: Double, n: Double) -> Double {
    let point = parameters.scaled(Self.inputs(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize))
    let variance = parameters.amplitude * parameters.amplitude
    guard pieces.count > 1 else { return pieces.isEmpty ? 0 : Self.sum(points(0), at: point) * variance }
    let distances = pieces.map { PieceCut.squared(point, 0, $0.center) }
    let nearest = distances.min() ?? 0
    var (sum, shares) = (0.0, 0.0)
    for (index, distance) in distances.enumerated() {
      let part = 1 - (distance - nearest) / (Self.overlap * spread)
      guard part > 0 else { continue }
      sum += part * part * Self.sum(points(index), at: point)
      shares += part * part
    }
    return sum / shares * variance
  }

  /// How much further than the nearest middle another may be to count, over ``spread``.
  private static let overlap = 0.3

  @inline(__always)
  private static func sum(_ points: PackedPoints, at point: [Double]) -> Double {
    points.sums(at: point) { squared in
      let root = 1 + squared * 0.25
      return 1 / (root * root)
    }.weighted
  }

  /// The inputs of a row over their lengths.
  static func scaledInputs(
    _ row: FitRow, geometry: BlockGeometry, elementSize: Double, parameters: Hyperparameters
  ) -> [Double] {
    parameters.scaled(inputs(m: row.m, k: row.k, n: row.n, geometry: geometry, elementSize: elementSize))
  }

  /// What the process sees of a shape.
  ///
  /// - log₂ of m, k and n, and of the sizes of A, B, C and of the work;
  /// - whether rows of A, B and C begin on boundaries of vectors;
  /// - where m and n stand in the staircase of their panels;
  /// - with inner products, which caches the operands leave;
  /// - where threads share a product, whether they write the same lines and which caches packed pieces leave.
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
