internal import Foundation
internal import GEMMTiming
internal import SeededRandom

extension ShapeGenerator {
  /// Products such as layers of models have: a weight whose extents are multiples of 64 to 1024, and few rows.
  ///
  /// No model is listed. Both extents are multiples of a power of two from 64 to 1024, as widths of models and their parts
  /// on 2 to 8 ranks are, spread evenly in the logarithm; one in four stands beside such a multiple, so that what a row's
  /// pitch does is told from what the size does. Rows are those of decoding and of short prompts.
  func layers(_ count: Int) -> [GEMMShape] {
    var generator = SplitMix64(seed: seed &+ 7)
    func width(_ extent: Int) -> Int {
      let steps = Self.pitches.filter { $0 <= extent }
      guard let step = steps.randomElement(using: &generator) else { return extent }
      return max(1, (extent + step / 2) / step) * step
    }
    return take(
      count, from: ShapeSequence(m: 1...640, k: 128...12_288, n: 128...12_288, seed: seed &+ 7),
      where: { Double($0.k) * Double($0.n) <= Self.largestWeight }
    )
    .compactMap { shape in
      // Few rows are asked about more often, and cost less.
      let rows = shape.m > 128 && Bool.random(using: &generator) ? max(1, shape.m / 64) : shape.m
      let (k, n) = (width(shape.k), width(shape.n))
      let beside = Int.random(in: 0..<4, using: &generator) == 0 ? Int.random(in: 1...4, using: &generator) * 16 : 0
      return try? GEMMShape(m: rows, k: k, n: n + beside)
    }
    .filter(fits)
  }

  /// Multiples that the extents of weights are of.
  private static let pitches = [64, 128, 256, 512, 1024]
  /// Elements of the largest weight: beyond, products move operands from memory however they are called.
  private static let largestWeight = 2.5e7
}
