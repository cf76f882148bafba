/// Shares and counts that terms are made of.
extension CodePath {
  /// The sizes of first-level caches: what is gone through again and again leaves them all at once.
  static let nearEdges: [Double] = [32768, 49152, 65536]
  /// The same of the second level.
  ///
  /// The last is none: on a core with 2 MiB, small products of up to 2.6 MB are still as quick as those that fit.
  static let farEdges: [Double] = [524_288, 1_048_576, 1_310_720, 2_097_152, 2_621_440]
  /// The sizes of the caches that CPUs have next to a core.
  static let cacheEdges = nearEdges + farEdges
  private static let pageBytes = 4096.0
  static let lineBytes = 64.0

  /// The share of a matrix's rows that begin on a vector's boundary, by how many elements a row has: gcd(columns, 16)/16.
  static func alignment(_ columns: Double) -> Double {
    for width in [16.0, 8, 4, 2] where columns == (columns / width).rounded(.down) * width {
      return width / BlockGeometry.vectorColumns
    }
    return 1 / BlockGeometry.vectorColumns
  }

  /// How much shows of a cost that other work hides from an extent on.
  static func shown(_ extent: Double, below hiding: Double) -> Double { max(0, 1 - extent / hiding) }

  /// How much of something of so many bytes is out of a cache of a size: half where they are equal.
  static func outside(_ bytes: Double, _ size: Double) -> Double {
    let ratio = size / bytes
    return 1 / (1 + ratio * ratio)
  }

  /// How much of something of so many bytes that is gone through again and again is out of a cache of a size: what is a
  /// little too large leaves it all.
  static func beyond(_ bytes: Double, _ size: Double) -> Double {
    let ratio = size / bytes
    // A trace of it in a few rows would be fitted to their noise, and be a million times as much in another shape.
    guard ratio < 1.5 else { return 0 }
    let fourth = ratio * ratio * ratio * ratio
    let eighth = fourth * fourth
    return 1 / (1 + eighth * eighth * eighth)
  }

  /// How far up the staircase of some caches' sizes so many bytes have come: 0 within all, 1 beyond all.
  static func climb(_ bytes: Double, _ sizes: [Double]) -> Double {
    sizes.reduce(0) { $0 + beyond(bytes, $1) } / Double(max(sizes.count, 1))
  }

  /// Pages that a row-major matrix touches when it is read column by column.
  static func pages(_ rows: Double, _ columns: Double, _ elementSize: Double) -> Double {
    min(rows, rows * columns * elementSize / pageBytes + 1)
  }
}
