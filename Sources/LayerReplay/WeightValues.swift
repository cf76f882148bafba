internal import GEMMTiming
internal import SeededRandom

/// Numbers of a model that was never trained: each is a function of the seed, its layer, its matrix and its place in it.
///
/// So every rank of every division finds its part of the same model, whatever it generates besides.
struct WeightValues {
  /// The matrices and vectors of a layer.
  enum Matrix: UInt64 {
    case query, key, value, projection, router, firstScale, firstShift, secondScale, secondShift
    case keyCache, valueCache
    case input
    /// The experts' matrices follow, two for each.
    case up = 64
    case down = 65

    /// The name of an expert's matrix.
    func number(expert: Int) -> UInt64 { rawValue + 2 * UInt64(expert) }
  }

  private let seed: UInt64

  /// The values of one matrix.
  init(seed: UInt64, layer: Int, matrix: UInt64) {
    let layerSeed = SplitMix64.number(at: UInt64(layer), seed: seed)
    self.seed = SplitMix64.number(at: matrix, seed: layerSeed)
  }

  /// The value at a place, in [−1, 1).
  @inline(__always)
  func value(at place: Int) -> Float {
    Float(Int64(bitPattern: SplitMix64.number(at: UInt64(bitPattern: Int64(place)), seed: seed)) >> 40) * 0x1p-23
  }

  /// A part of a matrix of `fullColumns` columns, times `scale`.
  ///
  /// - Parameters:
  ///   - rows: the rows (inputs) of the full matrix that are wanted.
  ///   - columns: the columns (outputs) of the full matrix that are wanted, in this order.
  ///   - fullColumns: columns of the full matrix.
  ///   - scale: what values in [−1, 1) are multiplied by.
  ///   - stored: whether a row's or a column's values lie next to each other.
  ///   - pitch: from one row to the next where a row's values do, with other matrices' columns beside them; nil for
  ///     none beside.
  ///   - start: where they go.
  func fill(
    rows: Range<Int>, columns: [Range<Int>], fullColumns: Int, scale: Float, stored: WeightLayout,
    pitch: Int? = nil, to start: UnsafeMutablePointer<Float>
  ) {
    if stored == .outIn {
      var next = start
      for range in columns {
        for column in range {
          for row in rows {
            next.pointee = scale * value(at: row * fullColumns + column)
            next += 1
          }
        }
      }
    } else {
      let pitch = pitch ?? columns.reduce(0) { $0 + $1.count }
      for (place, row) in rows.enumerated() {
        var next = start + place * pitch
        for range in columns {
          for column in range {
            next.pointee = scale * value(at: row * fullColumns + column)
            next += 1
          }
        }
      }
    }
  }
}
