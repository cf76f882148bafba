import Foundation
import GEMMTiming
import LinearSolvers
import SeededRandom
import Testing

@testable import HostModels

/// What a path's costs say of work that no row shows.
@Suite struct CodePathTests {
  private static let geometry = BlockGeometry(rowPanels: [4, 2, 1], columnPanels: [8, 4, 2, 1], depth: 256)

  private static func rows(_ extents: [Int]) throws -> [FitRow] {
    var rows: [FitRow] = []
    for m in extents {
      for k in [16, 64, 200] {
        for n in extents {
          let shape = try GEMMShape(m: m, k: k, n: n)
          let time = seconds(Double(m), Double(k), Double(n))
          rows.append(FitRow(shape: shape, seconds: time, noise: nil, shortest: time))
        }
      }
    }
    return rows
  }

  private static func seconds(_ m: Double, _ k: Double, _ n: Double) -> Double {
    1e-7 + 5e-11 * m * k * n + 2e-10 * (m * k + k * n + m * n)
  }

  @Test func panelsThatNoRowShowsAreNotFree() throws {
    // Multiples of eight alone use the widest panels alone.
    let path = try CodePath.fit(
      Self.rows([8, 16, 24, 40, 64]), geometry: Self.geometry, elementSize: 4, solver: PortableSolver())
    for (m, k, n) in [(3.0, 100.0, 3.0), (1, 200, 7), (7, 64, 15), (31, 120, 33)] {
      let ratio = path.seconds(m: m, k: k, n: n, elementSize: 4) / Self.seconds(m, k, n)
      #expect(ratio > 0.4 && ratio < 2.5, "\(m) \(k) \(n): \(ratio)")
    }
  }

  @Test func anchorsDoNotBendWhatRowsShow() throws {
    let rows = try Self.rows([1, 2, 3, 5, 8, 13, 21, 34, 55])
    let path = try CodePath.fit(rows, geometry: Self.geometry, elementSize: 4, solver: PortableSolver())
    for row in rows {
      #expect(abs(path.seconds(m: row.m, k: row.k, n: row.n, elementSize: 4) / row.seconds - 1) < 0.02)
    }
  }

  /// What shows as a trace in the rows, of crowded sets of a cache, say, or of operands out of one that none of them
  /// fills, would be fitted to their noise and be worth minutes where it shows in full.
  @Test(arguments: 1...6 as ClosedRange<UInt64>) func tracesInNoisyRowsDoNotRunAway(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    func extent() -> Double { exp(Double.random(in: 0...log(8192), using: &generator)).rounded() }
    var rows: [FitRow] = []
    while rows.count < 60 {
      let (m, k, n) = (extent(), extent(), extent())
      guard (5e3...1e9).contains(m * k * n) else { continue }
      let time = Self.seconds(m, k, n) * exp(Double.random(in: -0.25...0.25, using: &generator))
      rows.append(
        FitRow(shape: try GEMMShape(m: Int(m), k: Int(k), n: Int(n)), seconds: time, noise: nil, shortest: time))
    }
    let path = try CodePath.fit(rows, geometry: Self.geometry, elementSize: 4, solver: PortableSolver())
    for _ in 0..<400 {
      let crowded = Double.random(in: 0..<1, using: &generator) < 0.5
      let columns =
        crowded
        ? Double(Int.random(in: 1...8, using: &generator) * 1024 + Int.random(in: -1...1, using: &generator)) : extent()
      let (m, k, n) = (extent(), extent(), columns)
      guard (5e3...1e9).contains(m * k * n) else { continue }
      let ratio = path.seconds(m: m, k: k, n: n, elementSize: 4) / Self.seconds(m, k, n)
      #expect(ratio < 6, "\(m) \(k) \(n): \(ratio)")
    }
  }
}
