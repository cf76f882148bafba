internal import Foundation
internal import GEMMTiming
internal import ModelStatistics

extension FittedModel {
  /// The parts of the shape space where the model is unsure for want of rows, the least sure first.
  ///
  /// m, k and n are each cut into decades of two (1–10, 11–100, 101–1000, 1001–10,000), and each cell is probed at a few
  /// shapes of 10⁴ to 10¹⁰ flops. A cell is thin when its interval is wider than half as much again as the median
  /// cell's, or when it holds less than a quarter of the rows that its share of the space would have.
  ///
  /// At most `limit` of them. O(cells × rows).
  public func thinRegions(limit: Int = 5) -> [ThinRegion] {
    let edges = [1...10, 11...100, 101...1000, 1001...10_000]
    var cells: [(region: ThinRegion, probes: Int)] = []
    for m in edges {
      for k in edges {
        for n in edges {
          let probes = Self.probes(m, k, n)
          guard !probes.isEmpty else { continue }
          let widths = probes.map { shape in
            let prediction = gemm(shape)
            return (prediction.high - prediction.low) / (2 * prediction.seconds)
          }
          let inside = rows.count {
            m.contains($0.shape.m) && k.contains($0.shape.k) && n.contains($0.shape.n)
          }
          let region = ThinRegion(
            m: m, k: k, n: n, uncertainty: ErrorStatistics.quantile(widths.sorted(), 0.5), rows: inside,
            suggestedShapes: probes.filter { rowIndex[$0] == nil })
          cells.append((region, probes.count))
        }
      }
    }
    let typical = ErrorStatistics.quantile(cells.map(\.region.uncertainty).sorted(), 0.5)
    let density = Double(rows.count) / Double(max(cells.reduce(0) { $0 + $1.probes }, 1))
    let thin = cells.filter { cell in
      cell.region.uncertainty > 1.5 * typical || Double(cell.region.rows) < 0.25 * density * Double(cell.probes)
    }
    return Array(thin.map(\.region).sorted { $0.uncertainty > $1.uncertainty }.prefix(max(limit, 0)))
  }

  /// Shapes spread over a cell (a Halton sequence in the logarithms), as far as they have 10⁴ to 10¹⁰ flops.
  private static func probes(_ m: ClosedRange<Int>, _ k: ClosedRange<Int>, _ n: ClosedRange<Int>) -> [GEMMShape] {
    (1...12).compactMap { index in
      func extent(_ range: ClosedRange<Int>, _ base: Int) -> Int {
        let (low, high) = (log(Double(range.lowerBound)), log(Double(range.upperBound)))
        return Int(exp(low + halton(index, base) * (high - low)).rounded())
      }
      guard let shape = try? GEMMShape(m: extent(m, 2), k: extent(k, 3), n: extent(n, 5)) else { return nil }
      return (1e4...1e10).contains(shape.flops) ? shape : nil
    }
  }

  /// The digits of `index` in `base`, mirrored at the point (Halton, Numerische Mathematik 2, 1960).
  private static func halton(_ index: Int, _ base: Int) -> Double {
    var (rest, fraction, value) = (index, 1.0, 0.0)
    while rest > 0 {
      fraction /= Double(base)
      value += fraction * Double(rest % base)
      rest /= base
    }
    return value
  }
}
