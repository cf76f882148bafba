internal import LinearSolvers
internal import ModelStatistics
internal import SeededRandom

/// A part of a process: the rows nearest to a place, and what each of them weighs there.
///
/// A process over n rows takes O(n³). Cut into pieces of a bounded number of rows, it takes O(n) of such pieces, and rows that
/// are far away, which the kernel gives next to nothing, are left out.
struct ProcessPiece: Hashable, Sendable {
  /// The middle, in inputs over their lengths.
  let center: [Double]
  /// The rows by their indices, rising.
  let rows: [Int]
  /// The weight of each row, α = (K + noise)⁻¹·residual.
  let weights: [Double]
}

/// Where the pieces of a process stand, and which rows belong to each.
struct PieceCut {
  /// The middle of each piece.
  let centers: [[Double]]
  /// The rows of each, rising.
  let members: [[Int]]
  /// The mean squared distance of a row from its own piece's middle.
  let spread: Double

  /// Rows of a piece, and how many of them one piece is made for: the others are its neighbours'.
  static let pieceRows = 800
  private static let ownRows = 300
  private static let rounds = 8

  /// Cuts points that stand one after the other, `size` numbers each; one piece of all where they are few.
  ///
  /// By k-means, of which a few rounds do: deterministic. O(points² / pieceRows).
  init(points: [Double], size: Int) {
    let count = size > 0 ? points.count / size : 0
    guard count > Self.pieceRows else {
      let sums = (0..<size).map { axis in (0..<count).reduce(0) { $0 + points[$1 * size + axis] } }
      centers = [sums.map { $0 / Double(max(count, 1)) }]
      members = [Array(0..<count)]
      spread = 1
      return
    }
    let pieces = (count + Self.ownRows - 1) / Self.ownRows
    var centers = SplitMix64.sample(count, limit: pieces, seed: 5).map { Array(points[$0 * size..<($0 + 1) * size]) }
    var own = Array(repeating: 0, count: count)
    var distance = 0.0
    for _ in 0..<Self.rounds {
      distance = 0
      var sums = centers.map { _ in Array(repeating: 0.0, count: size) }
      var counts = centers.map { _ in 0.0 }
      for index in 0..<count {
        var least = Double.infinity
        for (piece, center) in centers.enumerated() {
          let squared = Self.squared(points, index * size, center)
          if squared < least { (least, own[index]) = (squared, piece) }
        }
        distance += least
        for axis in 0..<size { sums[own[index]][axis] += points[index * size + axis] }
        counts[own[index]] += 1
      }
      for piece in centers.indices where counts[piece] > 0 { centers[piece] = sums[piece].map { $0 / counts[piece] } }
    }
    self.centers = centers
    spread = max(distance / Double(count), .leastNormalMagnitude)
    members = centers.map { center in
      let distances = (0..<count).map { Self.squared(points, $0 * size, center) }
      return (0..<count).sorted { distances[$0] != distances[$1] ? distances[$0] < distances[$1] : $0 < $1 }
        .prefix(Self.pieceRows).sorted()
    }
  }

  /// |x − center|² of the point that starts at an index.
  @inline(__always)
  static func squared(_ points: [Double], _ start: Int, _ center: [Double]) -> Double {
    var sum = 0.0
    for axis in center.indices {
      let difference = points[start + axis] - center[axis]
      sum += difference * difference
    }
    return sum
  }
}
