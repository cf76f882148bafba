internal import Foundation

/// A Gaussian process on the log of measured over structural time: what the structure does not say, learned smoothly.
///
/// Its mean is Σ αᵢ·κ(x, xᵢ) with the Matérn-5/2 kernel κ(d) = a²·(1 + √5·d + 5d²/3)·e^(−√5·d) (Rasmussen and
/// Williams, *Gaussian Processes for Machine Learning*, 2006, eq. 4.17), so it fades to nothing away from the rows.
struct ResidualProcess: Hashable, Sendable {
  var geometry: StructuralGeometry
  /// The length over which each input decorrelates.
  var lengths: [Double]
  /// The standard deviation of the process, a.
  var amplitude: Double
  /// The standard deviation of a row about the process, beside the row's own.
  var noise: Double
  /// The inputs of the rows over their lengths, row by row.
  var inputs: [Double]
  /// The weight of each row, α = (K + noise)⁻¹·residual.
  var weights: [Double]

  /// What the process sees of a shape: log₂ of m, k, n and of the sizes of A, B, C and of the work, and where m and n
  /// stand in the staircase of their panels, and which side of the threshold it is on.
  static func inputs(m: Double, k: Double, n: Double, geometry: StructuralGeometry) -> [Double] {
    let (lm, lk, ln) = (log2(m), log2(k), log2(n))
    var inputs = [lm, lk, ln, lm + lk + ln, lm + lk, lk + ln, lm + ln]
    if let small = geometry.small {
      let isSmall = m * k * n <= geometry.threshold
      let path = isSmall ? small : geometry.large
      appendShares(m, path.rowPanels, count: max(small.rowPanels.count, geometry.large.rowPanels.count), to: &inputs)
      appendShares(
        n, path.columnPanels, count: max(small.columnPanels.count, geometry.large.columnPanels.count), to: &inputs)
      inputs.append(isSmall ? 1 : 0)
    } else {
      appendShares(m, geometry.large.rowPanels, count: geometry.large.rowPanels.count, to: &inputs)
      appendShares(n, geometry.large.columnPanels, count: geometry.large.columnPanels.count, to: &inputs)
    }
    return inputs
  }

  /// The shares of the panels but the widest, with zeros up to `count` panels.
  private static func appendShares(_ extent: Double, _ panels: [Int], count: Int, to inputs: inout [Double]) {
    let shares = BlockGeometry.shares(extent, panels)
    inputs += shares
    for _ in shares.count..<max(count - 1, shares.count) { inputs.append(0) }
  }

  /// The kernel over a²; `squared` is the squared distance over the lengths.
  static func correlation(squared: Double) -> Double {
    let distance = (5 * squared).squareRoot()
    return (1 + distance + 5 * squared / 3) * exp(-distance)
  }

  /// The log of measured over structural time that the rows suggest at a shape.
  ///
  /// O(rows).
  func mean(m: Double, k: Double, n: Double) -> Double {
    let point = zip(Self.inputs(m: m, k: k, n: n, geometry: geometry), lengths).map { $0 / $1 }
    let size = point.count
    var sum = 0.0
    point.withUnsafeBufferPointer { point in
      inputs.withUnsafeBufferPointer { inputs in
        weights.withUnsafeBufferPointer { weights in
          var base = 0
          for weight in weights {
            var squared = 0.0
            for j in 0..<size {
              let difference = inputs[base + j] - point[j]
              squared += difference * difference
            }
            base += size
            // Beyond this distance the kernel is below 10⁻⁷.
            if squared < 80 { sum += weight * Self.correlation(squared: squared) }
          }
        }
      }
    }
    return sum * amplitude * amplitude
  }
}
