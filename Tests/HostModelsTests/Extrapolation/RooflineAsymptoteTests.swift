import Foundation
import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

@Suite struct RooflineAsymptoteTests {
  private static let geometry = BlockGeometry(rowPanels: [4, 2, 1], columnPanels: [8, 4, 2, 1], depth: 320)
  private static let shared = BlockGeometry(
    rowPanels: [4, 2, 1], columnPanels: [8, 4, 2, 1], depth: 320, sharing: 2)

  /// Seconds of a made-up library whose operands and packed rows cost more once they have left the caches, the less of it
  /// behind arithmetic, the more there is of that for each element; C is written once a block.
  private static func seconds(_ m: Double, _ k: Double, _ n: Double) -> Double { seconds(m, k, n, hiding: 238) }

  /// From `hiding` multiply-adds an element on nothing shows: 5 ns of the fastest rows, which reach 95 % of the peak.
  private static func seconds(_ m: Double, _ k: Double, _ n: Double, hiding: Double) -> Double {
    let elements = m * k + k * n + m * n
    func outside(_ bytes: Double) -> Double { 1 / (1 + pow(8e6 / bytes, 2)) }
    let shown = max(0, 1 - m * k * n / elements / hiding)
    let near = 2e-10 * (m * k + k * n + m * n * (k / 320).rounded(.up))
    return 2e-11 * m * k * n + near + 5e-10 * outside(4 * elements) * (k * n + shown * (m * k + m * n))
      + 5e-10 * outside(4 * m * min(k, 320)) * m * k * shown
  }

  /// The same, shared by threads that meet once a block and contend for the lines between their first rows.
  private static func sharedSeconds(_ m: Double, _ k: Double, _ n: Double) -> Double {
    seconds(m, k, n, hiding: 476) / 2 + (2e-5 + 3e-7 * min(m, 1024)) * (k / 320).rounded(.up)
  }

  private static func rows(
    m: ClosedRange<Double>, seconds: (Double, Double, Double) -> Double = Self.seconds
  ) throws -> [FitRow] {
    try PlantedHost().shapes(300, seed: 4, m: m).map { shape in
      let time = seconds(Double(shape.m), Double(shape.k), Double(shape.n))
      return FitRow(shape: shape, seconds: time, noise: nil, shortest: time)
    }
  }

  @Test func findsWhatOperandsCostBeyondTheCaches() throws {
    let asymptote = try #require(
      try RooflineAsymptote(Self.rows(m: 1...2048), geometry: Self.geometry, elementSize: 4, solver: PortableSolver()))
    #expect(asymptote.isFitted && abs(asymptote.hiding - 238) < 5)
    let shapes = [
      (8192.0, 64.0, 4096.0), (65_536, 512, 64), (65_536, 64, 64), (65_536, 4096, 128), (20_480_000, 4096, 4096),
    ]
    for (m, k, n) in shapes {
      let time = asymptote.seconds(m: m, k: k, n: n, inside: Self.seconds)
      #expect(abs(time / Self.seconds(m, k, n) - 1) < 0.02, "\(m) \(k) \(n)")
    }
  }

  @Test func aTallSharedProductDoesNotPayForEveryRow() throws {
    let asymptote = try #require(
      try RooflineAsymptote(
        Self.rows(m: 1...2048, seconds: Self.sharedSeconds), geometry: Self.shared, elementSize: 4,
        solver: PortableSolver()))
    for (m, k, n) in [(8192.0, 64.0, 64.0), (65_536, 512, 64), (20_480_000, 4096, 4096)] {
      let time = asymptote.seconds(m: m, k: k, n: n, inside: Self.sharedSeconds)
      #expect(abs(time / Self.sharedSeconds(m, k, n) - 1) < 0.02, "\(m) \(k) \(n)")
    }
  }

  @Test func goesOnFromTheRangeWithoutAStepAndNeverFalls() throws {
    let asymptote = try #require(
      try RooflineAsymptote(Self.rows(m: 1...2048), geometry: Self.geometry, elementSize: 4, solver: PortableSolver()))
    let edge = Double(asymptote.range.m.upperBound)
    for (k, n) in [(64.0, 64.0), (8.0, 500.0), (1000.0, 200.0)] {
      let inside = asymptote.seconds(m: edge, k: k, n: n, inside: Self.seconds)
      var last = inside
      #expect(abs(asymptote.seconds(m: edge + 1, k: k, n: n, inside: Self.seconds) / inside - 1) < 0.01)
      for octave in 1...12 {
        let time = asymptote.seconds(m: edge * pow(2, Double(octave)), k: k, n: n, inside: Self.seconds)
        #expect(time > last)
        last = time
      }
    }
  }

  /// Traffic that costs more than the arithmetic could hide, and no arithmetic at all.
  @Test(arguments: [2e-11, 1e-13, 0]) func moreArithmeticNeverHidesMoreThanItTakes(work: Double) throws {
    let uncached = UncachedCost(bytes: [1e6, 1e8], shares: [0, 1], cost: 3e-9)
    let costs = [work, 1e-10, 1e-10, 1e-10, 0, 5e-9, 0, 4e-9, 0, 0]
    let asymptote = try #require(
      RooflineAsymptote(
        try Self.rows(m: 1...2048), costs: costs, isFitted: true, depth: 320, isShared: true, hiding: 100,
        uncached: uncached, elementSize: 4))
    #expect(asymptote.hiding > 100 && asymptote.hiding.isFinite)
    for (m, k, n) in [(16_384.0, 64.0, 64.0), (16_384, 512, 16), (16_384, 16_384, 64), (64, 64, 16_384)] {
      func time(_ m: Double, _ k: Double, _ n: Double) -> Double {
        asymptote.seconds(m: m, k: k, n: n) { m, k, n in 1e-11 * m * k * n }
      }
      var (alongM, alongK, alongN) = (0.0, 0.0, 0.0)
      for octave in 0...12 {
        let factor = pow(2, Double(octave))
        let now = (m: time(m * factor, k, n), k: time(m, k * factor, n), n: time(m, k, n * factor))
        #expect(now.m > alongM && now.k > alongK && now.n > alongN, "\(m) \(k) \(n) times \(factor)")
        (alongM, alongK, alongN) = (now.m, now.k, now.n)
      }
    }
  }

  @Test func isAPlainRooflineWithoutLargeRows() throws {
    let rows = try Self.rows(m: 1...2048).filter { $0.shape.flops < 1e7 }
    let asymptote = try #require(
      try RooflineAsymptote(rows, geometry: Self.geometry, elementSize: 4, solver: PortableSolver()))
    #expect(!asymptote.isFitted)
    #expect(asymptote.costs.count == RooflineAsymptote.termCount)
    #expect(asymptote.costs[0] > 0 && asymptote.costs[4...].allSatisfy { $0 == 0 })
    #expect(try RooflineAsymptote([], geometry: Self.geometry, elementSize: 4, solver: PortableSolver()) == nil)
  }

}
