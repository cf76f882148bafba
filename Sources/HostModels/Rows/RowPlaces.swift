internal import Foundation

/// Where rows lie in the space of shapes, those of one octave in each extent together at their middle.
///
/// What is averaged over an octave or more is the same from the middles as from all rows, and a tenth of the work.
struct RowPlaces {
  /// log₂ of m, k and n of each row, one after the other.
  private let logarithms: [Double]
  /// The place of each row.
  private let own: [Int]
  /// The middles, three numbers each, and how many rows each has.
  private var middles: [Double] = []
  private var counts: [Double] = []

  /// Pools rows: O(rows).
  init(_ rows: [FitRow]) {
    let logarithms = rows.flatMap { [log2($0.m), log2($0.k), log2($0.n)] }
    self.logarithms = logarithms
    var known: [SIMD3<Int>: Int] = [:]
    var own: [Int] = []
    own.reserveCapacity(rows.count)
    for index in rows.indices {
      let extents = (0..<3).map { logarithms[3 * index + $0] }
      let key = SIMD3(Int(extents[0]), Int(extents[1]), Int(extents[2]))
      let place = known[key] ?? counts.count
      if place == counts.count {
        known[key] = place
        middles += [0, 0, 0]
        counts.append(0)
      }
      own.append(place)
      counts[place] += 1
      for axis in 0..<3 { middles[3 * place + axis] += extents[axis] }
    }
    self.own = own
    for index in middles.indices { middles[index] /= counts[index / 3] }
  }

  /// log₂ of a row's extents.
  func exponents(_ row: Int) -> [Double] { Array(logarithms[3 * row..<3 * row + 3]) }

  /// The squared distance, in octaves, of a row from its place's middle.
  func squaredDistance(_ row: Int) -> Double {
    (0..<3).reduce(0) { sum, axis in
      let difference = logarithms[3 * row + axis] - middles[3 * own[row] + axis]
      return sum + difference * difference
    }
  }

  /// The places with the sums of their rows' values.
  func packed(_ values: [Double]) -> PackedPoints {
    var sums = Array(repeating: 0.0, count: counts.count)
    for (row, value) in values.enumerated() { sums[own[row]] += value }
    return PackedPoints(points: middles, size: 3, values: sums, counts: counts)
  }
}
