import Foundation
import GEMMTiming
import LinearSolvers
import ModelStatistics
import SeededRandom
import Testing

@testable import HostModels

/// A process that is cut into pieces, beside one that is not.
@Suite struct ProcessPieceTests {
  private static let geometry = BlockGeometry(rowPanels: [4, 2, 1], columnPanels: [8, 4, 2, 1], depth: 256)
  private static let noise = 0.03

  private static func parameters() -> ResidualProcess.Hyperparameters {
    let size = ResidualProcess.inputs(m: 1, k: 1, n: 1, geometry: geometry, elementSize: 4).count
    return .init(lengths: Array(repeating: 6, count: size), amplitude: 0.2, noise: noise)
  }

  private static func truth(_ row: FitRow) -> Double { 0.1 * sin(row.m.squareRoot()) + 0.05 * cos(row.n / 300) }

  private static func rows(_ count: Int, seed: UInt64) throws -> [FitRow] {
    try PlantedHost().shapes(count, seed: seed).map {
      FitRow(shape: $0, seconds: 1e-6, noise: nil, shortest: 1e-6)
    }
  }

  private static func residuals(_ rows: [FitRow], seed: UInt64) -> [Double] {
    var generator = SplitMix64(seed: seed)
    return rows.map { truth($0) + noise * (Double.random(in: -1.7...1.7, using: &generator)) }
  }

  /// Σ αᵢ·κ(x, xᵢ) with α from all rows at once.
  private static func whole(_ rows: [FitRow], _ residuals: [Double]) throws -> (FitRow) -> Double {
    let parameters = parameters()
    let solver = PortableSolver()
    func inputs(_ row: FitRow) -> [Double] {
      ResidualProcess.scaledInputs(row, geometry: geometry, elementSize: 4, parameters: parameters)
    }
    let weights = try solver.solve(
      cholesky: solver.cholesky(
        ResidualProcess.covariance(
          inputs: rows.flatMap(inputs), errors: rows.map { _ in 0 }, parameters: parameters, solver: solver)), residuals
    )
    let points = rows.map(inputs)
    return { row in
      let place = inputs(row)
      return zip(points, weights).reduce(0) { sum, pair in
        let squared = zip(place, pair.0).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return sum + 0.04 * pair.1 * RationalQuadratic.correlation(squared: squared)
      }
    }
  }

  private static func process(_ rows: [FitRow], _ residuals: [Double]) throws -> ResidualProcess {
    try ResidualProcess(
      rows: rows, members: Array(rows.indices), residuals: residuals, errors: rows.map { _ in 0 }, geometry: geometry,
      elementSize: 4, parameters: parameters(), solver: PortableSolver())
  }

  @Test func fewRowsAreOnePiece() throws {
    let rows = try Self.rows(120, seed: 1)
    let residuals = Self.residuals(rows, seed: 2)
    let (process, whole) = (try Self.process(rows, residuals), try Self.whole(rows, residuals))
    #expect(process.pieces.count == 1 && process.pieces[0].rows == Array(rows.indices))
    for row in try Self.rows(40, seed: 3) {
      #expect(abs(process.mean(m: row.m, k: row.k, n: row.n) - whole(row)) < 1e-4)
    }
  }

  @Test func piecesSayWhatTheWholeSays() throws {
    let rows = try Self.rows(1300, seed: 4)
    let residuals = Self.residuals(rows, seed: 5)
    let (process, whole) = (try Self.process(rows, residuals), try Self.whole(rows, residuals))
    #expect(process.pieces.count == 6)
    #expect(process.pieces.allSatisfy { $0.rows.count == PieceCut.pieceRows && $0.rows == $0.rows.sorted() })
    // In a dense place more rows than a piece has may be nearer to its middle: the others show the same.
    let used = Set(process.pieces.flatMap(\.rows)).count
    #expect(used > 1280, "\(used) of 1300")
    var (difference, miss, missOfWhole) = (0.0, 0.0, 0.0)
    let unseen = try Self.rows(200, seed: 6)
    for row in unseen {
      let (found, expected) = (process.mean(m: row.m, k: row.k, n: row.n), whole(row))
      difference += abs(found - expected)
      miss += abs(found - Self.truth(row))
      missOfWhole += abs(expected - Self.truth(row))
    }
    #expect(difference / 200 < Self.noise / 4, "\(difference / 200)")
    #expect(miss < 1.1 * missOfWhole, "\(miss) beside \(missOfWhole)")
  }

  /// From one middle to the other there is no jump.
  @Test func piecesPassOverIntoEachOther() throws {
    let rows = try Self.rows(1000, seed: 7)
    let process = try Self.process(rows, Self.residuals(rows, seed: 8))
    var last: Double?
    // Whole panels throughout: only sizes change, by a sixty-fourth of an octave and less.
    for extent in stride(from: 1024.0, through: 4096, by: 16) {
      let mean = process.mean(m: extent, k: 640, n: 400)
      if let last { #expect(abs(mean - last) < 0.01, "\(extent): \(last) to \(mean)") }
      last = mean
    }
  }
}
