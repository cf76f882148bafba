internal import Foundation
internal import GEMMTiming

/// The time of a pass over memory by its size: a fixed cost and a byte rate that changes from cache level to cache level.
struct StreamingCurve: Hashable, Sendable {
  /// Bytes read and written, and seconds, by size; at least one.
  var bytes: [Double]
  var seconds: [Double]
  /// The standard deviation of the logarithm of a time about the curve.
  var logDeviation: Double

  /// The curve through the streaming rows of a group; nil when there are none.
  ///
  /// `copy` moves 2 and `axpy` 3 elements an entry. Rows of like size are averaged (in the logarithm).
  init?(rows: [TimingRow]) {
    var points: [(bytes: Double, seconds: Double)] = []
    for row in rows {
      let size = Double(row.dtype.size) * Double(row.shape.m) * Double(row.shape.batch)
      switch row.routine {
      case .copy: points.append((2 * size, row.seconds))
      case .axpy: points.append((3 * size, row.seconds))
      case .gemm: break
      }
    }
    guard !points.isEmpty else { return nil }
    let groups = Dictionary(grouping: points) { Int((log2($0.bytes) * 2).rounded()) }
    bytes = []
    seconds = []
    var squares = 0.0
    for key in groups.keys.sorted() {
      let members = groups[key] ?? []
      let rate = members.reduce(0) { $0 + log($1.seconds / $1.bytes) } / Double(members.count)
      let size = exp(members.reduce(0) { $0 + log($1.bytes) } / Double(members.count))
      bytes.append(size)
      // A larger pass never takes less time.
      seconds.append(max(exp(rate) * size, seconds.last ?? 0))
      for member in members { squares += pow(log(member.seconds / member.bytes) - rate, 2) }
    }
    let freedom = max(points.count - groups.count, 1)
    logDeviation = max((squares / Double(freedom)).squareRoot(), 0.02)
  }

  /// Seconds for a pass over so many bytes: log–log interpolation between sizes, the last rate beyond the largest
  /// size, the first time below the smallest.
  func seconds(bytes size: Double) -> Double {
    guard let first = bytes.first, let last = bytes.last, let smallest = seconds.first, let longest = seconds.last
    else { return 0 }
    if size <= first { return smallest }
    if size >= last { return longest * size / last }
    let upper = bytes.firstIndex { $0 > size } ?? bytes.count - 1
    let fraction = log(size / bytes[upper - 1]) / log(bytes[upper] / bytes[upper - 1])
    return exp(log(seconds[upper - 1]) + fraction * log(seconds[upper] / seconds[upper - 1]))
  }

  /// Whether a size lies inside what was measured.
  func covers(bytes size: Double) -> Bool {
    guard let first = bytes.first, let last = bytes.last else { return false }
    return first <= size && size <= last
  }
}
