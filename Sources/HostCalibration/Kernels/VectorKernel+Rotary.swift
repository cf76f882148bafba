internal import Foundation

extension VectorKernel {
  /// The cosines and sines of rotary positions: a row a position, half a head's elements each.
  public struct RotaryTable {
    /// Pairs of elements that are turned.
    public let pairs: Int
    fileprivate let cosines: [Float]
    fileprivate let sines: [Float]

    /// Angles position·base^(−2i/dimension) (Su et al., *RoFormer*, arXiv 2104.09864, §3.2.2), with base 10,000.
    public init(positions: Int, headDimension: Int) {
      pairs = headDimension / 2
      var (cosines, sines) = ([Float](), [Float]())
      cosines.reserveCapacity(positions * pairs)
      sines.reserveCapacity(positions * pairs)
      for position in 0..<positions {
        for pair in 0..<pairs {
          let angle = Double(position) * pow(10_000, -2 * Double(pair) / Double(headDimension))
          cosines.append(Float(cos(angle)))
          sines.append(Float(sin(angle)))
        }
      }
      (self.cosines, self.sines) = (cosines, sines)
    }
  }

  /// Turns one head's vector by its position: element i and element i + half are a pair, as in Llama.
  ///
  /// An odd last element stays. `position` lies in the table.
  public static func rotate(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, headDimension: Int, position: Int,
    table: RotaryTable
  ) {
    let half = table.pairs
    table.cosines.withUnsafeBufferPointer { cosines in
      table.sines.withUnsafeBufferPointer { sines in
        guard let cosine = cosines.baseAddress, let sine = sines.baseAddress else { return }
        let (cosines, sines) = (cosine + position * half, sine + position * half)
        let whole = half / width * width
        var index = 0
        while index < whole {
          let (a, b) = (load(x, index), load(x, half + index))
          let (c, s) = (load(cosines, index), load(sines, index))
          store(a * c - b * s, y, index)
          store(b * c + a * s, y, half + index)
          index += width
        }
        while index < half {
          let (a, b) = (x[index], x[half + index])
          y[index] = a * cosines[index] - b * sines[index]
          y[half + index] = b * cosines[index] + a * sines[index]
          index += 1
        }
      }
    }
    if 2 * half < headDimension { y[2 * half] = x[2 * half] }
  }
}
