import Foundation
import GEMMTiming
import LinearSolvers
import SeededRandom
import Testing

@testable import HostModels

/// The search for a process's lengths, amplitude and noise.
@Suite struct ResidualProcessTests {
  private static let geometry = BlockGeometry(rowPanels: [4, 2, 1], columnPanels: [8, 4, 2, 1], depth: 256)

  private static func rows(_ count: Int, seed: UInt64) throws -> [FitRow] {
    try PlantedHost().shapes(count, seed: seed).map {
      FitRow(shape: $0, seconds: 1e-6, noise: nil, shortest: 1e-6)
    }
  }

  private static func evidence(_ rows: [FitRow], _ residuals: [Double]) -> ResidualProcess.Evidence {
    ResidualProcess.Evidence(
      points: rows.map {
        ResidualProcess.inputs(m: $0.m, k: $0.k, n: $0.n, geometry: geometry, elementSize: 4)
      },
      residuals: residuals, errors: rows.map { _ in 0.01 }, solver: PortableSolver())
  }

  /// Residuals drawn from a process of known parameters: L·z with L·Lᵀ its covariance.
  private static func draw(
    _ rows: [FitRow], _ parameters: ResidualProcess.Hyperparameters, seed: UInt64
  ) throws -> [Double] {
    var generator = SplitMix64(seed: seed)
    let inputs = rows.flatMap {
      ResidualProcess.scaledInputs($0, geometry: geometry, elementSize: 4, parameters: parameters)
    }
    let factor = try PortableSolver().cholesky(
      ResidualProcess.covariance(
        inputs: inputs, errors: rows.map { _ in 0 }, parameters: parameters, solver: PortableSolver()))
    let normal = rows.map { _ in
      (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0...1, using: &generator) }
    }
    return factor.times(normal)
  }

  @Test func theSlopeIsTheValuesOwn() throws {
    let rows = try Self.rows(30, seed: 3)
    var generator = SplitMix64(seed: 4)
    let evidence = Self.evidence(rows, rows.map { _ in Double.random(in: -0.2...0.2, using: &generator) })
    var parameters = evidence.guess
    parameters.lengths = parameters.lengths.map { $0 * Double.random(in: 0.5...2, using: &generator) }
    let here = try #require(evidence.at(parameters))
    let step = 1e-5
    for index in here.slope.indices {
      func value(_ factor: Double) throws -> Double {
        var moved = parameters
        switch index - moved.lengths.count {
        case 0: moved.amplitude *= factor
        case 1: moved.noise *= factor
        default: moved.lengths[index] *= factor
        }
        return try #require(evidence.at(moved)).value
      }
      let slope = (try value(exp(step)) - value(exp(-step))) / (2 * step)
      #expect(abs(slope - here.slope[index]) < 1e-4 * max(1, abs(slope)), "parameter \(index)")
    }
  }

  @Test func aDrawnProcessIsFoundAgain() throws {
    let rows = try Self.rows(160, seed: 5)
    var planted = Self.evidence(rows, rows.map { _ in 0 }).guess
    planted.lengths = planted.lengths.indices.map { $0 == 1 ? 1.5 : 6 }
    planted.amplitude = 0.2
    planted.noise = 0.03
    let residuals = try Self.draw(rows, planted, seed: 6)
    let found = ResidualProcess.search(
      rows: rows, residuals: residuals, errors: rows.map { _ in 0.01 }, geometry: Self.geometry, elementSize: 4,
      solver: PortableSolver())
    let evidence = Self.evidence(rows, residuals)
    let (best, drawn, guess) = (
      try #require(evidence.at(found)), try #require(evidence.at(planted)), try #require(evidence.at(evidence.guess))
    )
    #expect(best.value > guess.value + 5)
    #expect(best.value > drawn.value - 1)
    #expect(found.noise > 0.015 && found.noise < 0.06, "\(found.noise)")
  }
}
