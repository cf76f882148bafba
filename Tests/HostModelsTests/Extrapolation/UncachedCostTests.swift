import Foundation
import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

/// What operands cost that no cache holds.
@Suite struct UncachedCostTests {
  /// A cache of 40 MB before a memory a fifth as fast; copies are slower than additions throughout.
  private static func streams() throws -> [TimingRow] {
    var rows: [TimingRow] = []
    for (routine, factor) in [(TimingRow.Routine.axpy, 1.0), (.copy, 1.3)] {
      for elements in [1 << 15, 1 << 17, 1 << 22, 1 << 25, 1 << 27] {
        let rate = 8 * elements > 40_000_000 ? 5e-10 : 1e-10
        rows.append(
          try TimingRow(
            routine: routine, device: "host", dtype: .fp32, shape: GEMMShape(m: elements, k: 1, n: 1),
            seconds: factor * rate * Double(elements)))
      }
    }
    return rows
  }

  private static let perElement = 3e-10

  private static func pairs(_ extra: Double) throws -> (hot: [FitRow], cold: [FitRow]) {
    let shapes = try PlantedHost().shapes(200, seed: 9, m: 1...2048).filter { $0.elements < 4_000_000 }
    func rows(_ extra: Double) -> [FitRow] {
      shapes.map { shape in
        let (m, k, n) = (Double(shape.m), Double(shape.k), Double(shape.n))
        let time = 1e-11 * m * k * n + (1e-10 + extra) * (m * k + k * n + m * n)
        return FitRow(shape: shape, seconds: time, noise: nil, shortest: time)
      }
    }
    return (rows(0), rows(extra))
  }

  private static func cost(_ extra: Double = perElement, streams: [TimingRow]) throws -> UncachedCost? {
    let (hot, cold) = try pairs(extra)
    return UncachedCost(streams: streams, hot: hot, cold: cold, elementSize: 4)
  }

  @Test func findsTheCacheAndTheCosts() throws {
    let cost = try #require(try Self.cost(streams: Self.streams()))
    #expect(cost.share(1e5) == 0)
    // Operands count as twice as long a stream.
    #expect(cost.share(4.0 * Double(1 << 22)) == 0)
    #expect(abs(cost.share(4.0 * Double(1 << 25)) - 1) < 1e-9)
    #expect(abs(cost.share(1e12) - 1) < 1e-9)
    #expect(abs(cost.cost / Self.perElement - 1) < 0.02)
    // All lies in memory: the packed rows count once, or half as much again between threads, and C so too.
    for (isShared, packed) in [(false, 1.0), (true, 1.5)] {
      let expected = Self.perElement * ((1 + packed) * 1e9 + 1e7 + 1.5 * 1e8)
      let found = cost.seconds(1e5, 1e4, 1e3, depth: 320, isShared: isShared, elementSize: 4)
      #expect(abs(found / expected - 1) < 0.02)
      #expect(cost.seconds(100, 100, 100, depth: 320, isShared: isShared, elementSize: 4) == 0)
    }
  }

  @Test func theShareNeverFalls() throws {
    let cost = try #require(try Self.cost(streams: Self.streams()))
    var last = 0.0
    for step in 0..<400 {
      let share = cost.share(1e4 * pow(1.05, Double(step)))
      #expect(share >= last && share <= 1)
      last = share
    }
  }

  @Test func isUnknownWithoutAContrast() throws {
    #expect(try Self.cost(streams: []) == nil)
    #expect(try Self.cost(0, streams: Self.streams()) == nil)
    let level = try Self.streams().map { row in
      TimingRow(
        routine: row.routine, device: "host", dtype: .fp32, shape: row.shape, seconds: 1e-10 * Double(row.shape.m))
    }
    #expect(try Self.cost(streams: level) == nil)
  }

  /// A table whose shapes all lie in a cache of 40 MB, and long products beyond it.
  @Test func theAsymptoteTakesItUpWhereTheRowsBearItOut() throws {
    let cost = UncachedCost(bytes: [2e6, 8e6, 1.28e8], shares: [0, 0, 1], cost: Self.perElement)
    func seconds(_ m: Double, _ k: Double, _ n: Double) -> Double {
      let elements = m * k + k * n + m * n
      // Hidden from 5 ns of arithmetic on, at 98 % of the peak.
      let shown = max(0, 1 - m * k * n / elements / 490)
      return 1e-11 * m * k * n + 1e-10 * elements
        + shown * cost.seconds(m, k, n, depth: 320, isShared: false, elementSize: 4)
    }
    func asymptote(_ seconds: (Double, Double, Double) -> Double) throws -> RooflineAsymptote {
      let rows = try PlantedHost().shapes(300, seed: 4, m: 1...2048).map { shape in
        let time = seconds(Double(shape.m), Double(shape.k), Double(shape.n))
        return FitRow(shape: shape, seconds: time, noise: nil, shortest: time)
      }
      let geometry = BlockGeometry(rowPanels: [4, 2, 1], columnPanels: [8, 4, 2, 1], depth: 320)
      return try #require(
        try RooflineAsymptote(rows, geometry: geometry, uncached: cost, elementSize: 4, solver: PortableSolver()))
    }
    let with = try asymptote(seconds)
    #expect(with.uncached == cost)
    for (m, k, n) in [(65_536.0, 512.0, 64.0), (65_536, 4096, 128)] {
      #expect(abs(with.seconds(m: m, k: k, n: n, inside: seconds) / seconds(m, k, n) - 1) < 0.03)
    }
    let without = try asymptote { m, k, n in 1e-11 * m * k * n + 1e-10 * (m * k + k * n + m * n) }
    #expect(without.uncached == nil)
  }
}
