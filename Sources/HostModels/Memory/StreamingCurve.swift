internal import Foundation
internal import GEMMTiming
internal import ModelStatistics

/// The time of a pass over memory by its size: a fixed cost and a byte rate that changes from cache level to cache level.
struct StreamingCurve: Hashable, Sendable, Codable {
  /// Bytes read and written, and seconds, by size; at least one.
  var bytes: [Double]
  var seconds: [Double]
  /// The standard deviation of the logarithm of a time about the curve.
  var logDeviation: Double
  /// The fastest byte/s, and the median one, of passes over at least a quarter of the largest size.
  var peakRate: Double
  var sustainedRate: Double

  /// The curve through the streaming rows of a group; nil when there are none.
  ///
  /// `copy` moves 2 and `axpy` 3 elements an entry. Without either, GEMMs of at most 0.6 flops a byte serve: products
  /// with a vector, which read a matrix once. Rows of like size are averaged in the logarithm.
  init?(rows: [TimingRow]) {
    var points: [Point] = []
    for row in rows {
      let size = Double(row.dtype.size) * Double(row.shape.m) * Double(row.shape.batch)
      let shortest = min(row.minimum ?? row.seconds, row.seconds)
      switch row.routine {
      case .copy: points.append(Point(bytes: 2 * size, seconds: row.seconds, shortest: shortest))
      case .axpy: points.append(Point(bytes: 3 * size, seconds: row.seconds, shortest: shortest))
      case .gemm, .layerNorm, .rmsNorm, .softmax, .gelu, .swiglu, .rotary, .residual: break
      }
    }
    if points.isEmpty {
      points = rows.filter { $0.routine == .gemm && $0.shape.arithmeticIntensity($0.dtype) <= 0.6 }.map {
        Point(
          bytes: $0.shape.bytes($0.dtype), seconds: $0.seconds, shortest: min($0.minimum ?? $0.seconds, $0.seconds))
      }
    }
    guard let largest = points.map(\.bytes).max() else { return nil }
    let groups = Dictionary(grouping: points) { Int((log2($0.bytes) * 2).rounded()) }
    bytes = []
    seconds = []
    var squares = 0.0
    for key in groups.keys.sorted() {
      let members = groups[key] ?? []
      let count = Double(members.count)
      let rate = members.reduce(0) { $0 + log($1.seconds / $1.bytes) } / count
      let size = exp(members.reduce(0) { $0 + log($1.bytes) } / count)
      bytes.append(size)
      // A larger pass never takes less time.
      seconds.append(max(exp(rate) * size, seconds.last ?? 0))
      for member in members { squares += pow(log(member.seconds / member.bytes) - rate, 2) }
    }
    // Two measurements of one size differ by a few percent at the least; a curve through single points cannot tell.
    logDeviation = max((squares / Double(max(points.count - groups.count, 1))).squareRoot(), 0.02)
    let large = points.filter { $0.bytes >= largest / 4 }
    peakRate = large.map { $0.bytes / $0.shortest }.max() ?? 0
    sustainedRate = ErrorStatistics.quantile(large.map { $0.bytes / $0.seconds }.sorted(), 0.5)
  }

  /// A curve with known parameters, as read from a file.
  init(bytes: [Double], seconds: [Double], logDeviation: Double, peakRate: Double, sustainedRate: Double) {
    self.bytes = bytes
    self.seconds = seconds
    self.logDeviation = logDeviation
    self.peakRate = peakRate
    self.sustainedRate = sustainedRate
  }

  private struct Point {
    var bytes: Double
    var seconds: Double
    var shortest: Double
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
