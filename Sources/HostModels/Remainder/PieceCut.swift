internal import ModelStatistics
internal import SeededRandom

/// Where the pieces of a process stand, and which rows belong to each.
struct PieceCut {
  /// The middle of each piece.
  let centers: [[Double]]
  /// The rows of each, rising.
  let members: [[Int]]
  /// The mean squared distance of a row from its own piece's middle.
  let spread: Double

  /// Rows of a piece, and how many of them one piece is made for: the others are its neighbours'.
  static let pieceRows = 700
  private static let ownRows = 250
  /// Points by which the middles are found, and how often they are moved.
  private static let sampleRows = 2500
  private static let rounds = 8

  /// Cuts points that stand one after the other, `size` numbers each; one piece of all where they are few.
  ///
  /// By k-means on a sample, of which a few rounds do: deterministic. O(points² / ownRows).
  init(points: [Double], size: Int) {
    let count = size > 0 ? points.count / size : 0
    guard count > Self.pieceRows else {
      let sums = (0..<size).map { axis in (0..<count).reduce(0) { $0 + points[$1 * size + axis] } }
      centers = [sums.map { $0 / Double(max(count, 1)) }]
      members = [Array(0..<count)]
      spread = 1
      return
    }
    func point(_ index: Int) -> ArraySlice<Double> { points[index * size..<(index + 1) * size] }
    let sample = SplitMix64.sample(count, limit: Self.sampleRows, seed: 4)
    var centers = SplitMix64.sample(count, limit: (count + Self.ownRows - 1) / Self.ownRows, seed: 5).flatMap(point)
    for _ in 0..<Self.rounds { centers = Self.moved(centers, to: sample.flatMap(point), size: size) }
    self.centers = stride(from: 0, to: centers.count, by: size).map { Array(centers[$0..<$0 + size]) }
    var nearest = Array(repeating: Double.infinity, count: count)
    members = self.centers.map { center in
      let distances = (0..<count).map { Self.squared(points, $0 * size, center) }
      for (index, distance) in distances.enumerated() where distance < nearest[index] { nearest[index] = distance }
      let furthest = distances.sorted()[Self.pieceRows - 1]
      return Array(distances.indices.filter { distances[$0] <= furthest }.prefix(Self.pieceRows))
    }
    spread = max(nearest.reduce(0, +) / Double(count), .leastNormalMagnitude)
  }

  /// Each middle moved to the mean of the points that are nearest to it.
  private static func moved(_ centers: [Double], to points: [Double], size: Int) -> [Double] {
    let pieces = centers.count / size
    var (sums, counts) = (Array(repeating: 0.0, count: centers.count), Array(repeating: 0.0, count: pieces))
    points.withUnsafeBufferPointer { points in
      centers.withUnsafeBufferPointer { centers in
        for start in stride(from: 0, to: points.count, by: size) {
          var (least, own) = (Double.infinity, 0)
          for piece in 0..<pieces {
            var squared = 0.0
            for axis in 0..<size {
              let difference = points[start + axis] - centers[piece * size + axis]
              squared += difference * difference
            }
            if squared < least { (least, own) = (squared, piece) }
          }
          for axis in 0..<size { sums[own * size + axis] += points[start + axis] }
          counts[own] += 1
        }
      }
    }
    return centers.indices.map { counts[$0 / size] > 0 ? sums[$0] / counts[$0 / size] : centers[$0] }
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
