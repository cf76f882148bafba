import Foundation
import GEMMTiming
import LinearSolvers
import SeededRandom

@testable import HostModels

/// A made-up host whose times are known: what a fit has to find again.
struct PlantedHost {
  var fixed = 0.4e-6
  var secondsPerFlop = 1e-11
  var secondsPerElement = 2e-10
  /// Columns are computed in whole panels of so many.
  var columnPanel = 8.0
  /// The standard deviation of the logarithm of a measurement.
  var noise = 0.02

  func seconds(_ shape: GEMMShape) -> Double {
    let (m, k, n) = (Double(shape.m), Double(shape.k), Double(shape.n))
    let padded = (n / columnPanel).rounded(.up) * columnPanel
    return fixed + 2 * m * k * padded * secondsPerFlop + secondsPerElement * shape.elements
  }

  /// Shapes log-uniform in each dimension, with 10⁴ to 10¹⁰ flops.
  func shapes(_ count: Int, seed: UInt64, m: ClosedRange<Double> = 1...4096) throws -> [GEMMShape] {
    var generator = SplitMix64(seed: seed)
    var shapes: [GEMMShape] = []
    while shapes.count < count {
      let extents = [m, 1...4096, 1...4096].map { range in
        Int(exp(Double.random(in: log(range.lowerBound)...log(range.upperBound), using: &generator)).rounded())
      }
      let shape = try GEMMShape(m: extents[0], k: extents[1], n: extents[2])
      if (1e4...1e10).contains(shape.flops) { shapes.append(shape) }
    }
    return shapes
  }

  /// Measurements with log-normal noise.
  func rows(_ shapes: [GEMMShape], seed: UInt64, device: String = "planted", threads: Int? = 1) -> [TimingRow] {
    var generator = SplitMix64(seed: seed)
    return shapes.map { shape in
      let time = seconds(shape) * exp(noise * normal(&generator))
      return TimingRow(
        device: device, dtype: .fp32, shape: shape, seconds: time, low: time * (1 - 1.96 * noise),
        high: time * (1 + 1.96 * noise), minimum: time * 0.98, samples: 10, threads: threads, cache: .hot)
    }
  }

  /// Copies of 2ⁱ elements at 10 GB/s.
  func streaming(threads: Int? = 1) throws -> [TimingRow] {
    try (10...24).map { exponent in
      let shape = try GEMMShape(m: 1 << exponent, k: 1, n: 1)
      return TimingRow(
        routine: .copy, device: "planted", dtype: .fp32, shape: shape, seconds: 8 * Double(shape.m) / 10e9,
        threads: threads, cache: .hot)
    }
  }

  /// A standard normal number, by Box and Muller.
  private func normal(_ generator: inout SplitMix64) -> Double {
    let u = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator)
    let v = Double.random(in: 0..<1, using: &generator)
    return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
  }

  /// One fit that the tests share: 120 rows of the standard host.
  static let model: Result<FittedModel, any Error> = Result {
    let host = PlantedHost()
    let table = TimingTable(rows: host.rows(try host.shapes(120, seed: 1), seed: 2) + (try host.streaming()))
    return try FittedModel(
      fitting: table, group: MeasuredGroup(table.rows[0]), solver: PortableSolver(),
      options: FitOptions(folds: 5, searchesBlocking: false))
  }
}
