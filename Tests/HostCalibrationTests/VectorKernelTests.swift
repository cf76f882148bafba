import Foundation
import SeededRandom
import Testing

@testable import HostCalibration

/// Each kernel against its definition in double precision, at lengths around a vector's.
@Suite struct VectorKernelTests {
  private static let lengths = Array(1...35) + [64, 100, 257]

  private func values(_ count: Int, seed: UInt64, within limit: Float = 4) -> [Float] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in Float.random(in: -limit...limit, using: &generator) }
  }

  /// Runs a kernel with a guard behind its output, which must stay.
  private func run(_ count: Int, _ kernel: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
    var y = Array(repeating: Float(-123), count: count + 8)
    y.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { kernel(start) }
    }
    #expect(y[count...].allSatisfy { $0 == -123 })
    return Array(y[..<count])
  }

  private func expectClose(_ found: [Float], _ expected: [Double], _ tolerance: Double = 2e-6) {
    #expect(found.count == expected.count)
    for (value, wanted) in zip(found, expected) {
      #expect(abs(Double(value) - wanted) <= tolerance * max(1, abs(wanted)), "\(value) for \(wanted)")
    }
  }

  @Test func exponentialIsGoodToSingleTolerance() {
    var worst = 0.0
    for step in -870...880 {
      for part in 0..<7 {
        let x = Float(step) / 10 + Float(part) / 73
        guard x > -87, x < 88 else { continue }
        let found = Double(VectorKernel.exponential(VectorKernel.Lanes(repeating: x))[3])
        worst = max(worst, abs(found / exp(Double(x)) - 1))
      }
    }
    #expect(worst < 5e-7, "\(worst)")
    let ends = VectorKernel.exponential(VectorKernel.Lanes(-.infinity, -1e30, -88, 0, 1, 89, 1e30, .infinity))
    #expect(ends[0] == 0 && ends[1] == 0 && ends[2] == 0 && ends[3] == 1)
    #expect(ends[5] == ends[6] && ends[6] == ends[7] && ends[7].isFinite)
  }

  @Test(arguments: lengths) func activationsAreTheirFormulas(count: Int) {
    let (x, z) = (values(count, seed: 1, within: 12), values(count, seed: 2))
    func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    func gelu(_ x: Float) -> Double {
      let x = Double(x)
      return x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
    expectClose(run(count) { VectorKernel.gelu(x, to: $0, count: count) }, x.map(gelu))
    expectClose(
      run(count) { VectorKernel.geglu(gate: x, up: z, to: $0, count: count) }, zip(x, z).map { gelu($0) * Double($1) })
    expectClose(run(count) { VectorKernel.relu(x, to: $0, count: count) }, x.map { max(0, Double($0)) })
    expectClose(
      run(count) { VectorKernel.squaredReLU(x, to: $0, count: count) },
      x.map { max(0, Double($0)) * max(0, Double($0)) })
    expectClose(
      run(count) { VectorKernel.silu(x, to: $0, count: count) }, x.map { Double($0) * logistic(Double($0)) })
    expectClose(
      run(count) { VectorKernel.swiglu(gate: x, up: z, to: $0, count: count) },
      zip(x, z).map { Double($0) * logistic(Double($0)) * Double($1) })
  }

  @Test(arguments: lengths) func normsAreTheirFormulas(count: Int) {
    let (x, scale, shift) = (values(count, seed: 3), values(count, seed: 4), values(count, seed: 5))
    let n = Double(count)
    let mean = x.reduce(0.0) { $0 + Double($1) } / n
    let variance = x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
    let square = x.reduce(0.0) { $0 + Double($1) * Double($1) } / n
    expectClose(
      run(count) { VectorKernel.layerNorm(x, scale: scale, shift: shift, to: $0, count: count) },
      x.indices.map { (Double(x[$0]) - mean) / (variance + 1e-5).squareRoot() * Double(scale[$0]) + Double(shift[$0]) },
      count == 1 ? 1e-3 : 2e-5)
    expectClose(
      run(count) { VectorKernel.rmsNorm(x, scale: scale, to: $0, count: count) },
      x.indices.map { Double(x[$0]) / (square + 1e-5).squareRoot() * Double(scale[$0]) })
  }

  @Test(arguments: lengths) func softmaxIsOfWhatIsVisible(count: Int) {
    let x = values(count, seed: 6, within: 9)
    for visible in Set([1, count, (count + 1) / 2, max(1, count - 3)]) {
      let found = run(count) { y in
        y.update(from: x, count: count)
        VectorKernel.softmax(y, count: count, visible: visible, scale: 0.37)
      }
      let powers = x.indices.map { $0 < visible ? exp(0.37 * Double(x[$0])) : 0 }
      let total = powers.reduce(0, +)
      expectClose(found, powers.map { $0 / total })
      #expect(found[visible...].allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: [1, 2, 7, 8, 16, 20, 34, 64]) func rotationTurnsPairsByTheirAngle(dimension: Int) {
    let table = VectorKernel.RotaryTable(positions: 40, headDimension: dimension)
    let half = dimension / 2
    for position in [0, 1, 39] {
      let x = values(dimension, seed: 7)
      var expected = x.map(Double.init)
      for pair in 0..<half {
        let angle = Double(position) * pow(10_000, -2 * Double(pair) / Double(dimension))
        let (a, b) = (Double(x[pair]), Double(x[pair + half]))
        expected[pair] = a * cos(angle) - b * sin(angle)
        expected[pair + half] = b * cos(angle) + a * sin(angle)
      }
      expectClose(
        run(dimension) {
          VectorKernel.rotate(x, to: $0, headDimension: dimension, position: position, table: table)
        }, expected)
      // In place as well.
      expectClose(
        run(dimension) { y in
          y.update(from: x, count: dimension)
          VectorKernel.rotate(y, to: y, headDimension: dimension, position: position, table: table)
        }, expected)
    }
  }

  @Test(arguments: lengths) func sumsAddUp(count: Int) {
    let rows = (0..<4).map { values(count, seed: 10 + UInt64($0)) }
    for ranks in 1...4 {
      let found = run(count) { y in
        rows[0].withUnsafeBufferPointer { a in
          rows[1].withUnsafeBufferPointer { b in
            rows[2].withUnsafeBufferPointer { c in
              rows[3].withUnsafeBufferPointer { d in
                let starts = [a, b, c, d].prefix(ranks).compactMap(\.baseAddress)
                VectorKernel.sum(Array(starts), to: y, count: count)
              }
            }
          }
        }
      }
      expectClose(
        found, (0..<count).map { place in rows.prefix(ranks).reduce(0.0) { $0 + Double($1[place]) } })
    }
    let weighted = run(count) { y in
      VectorKernel.accumulate(rows[0], times: 0.25, to: y, count: count, isFirst: true)
      VectorKernel.accumulate(rows[1], times: 0.75, to: y, count: count, isFirst: false)
    }
    expectClose(weighted, (0..<count).map { 0.25 * Double(rows[0][$0]) + 0.75 * Double(rows[1][$0]) })
  }
}
