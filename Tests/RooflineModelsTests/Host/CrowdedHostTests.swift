import GEMMTiming
import LinearSolvers
import Testing

@testable import RooflineModels

/// Two ranks of one thread on a planted host: twice the arithmetic, and memory that both share.
@Suite struct CrowdedHostTests {
  private static let alone = PlantedHost(noise: 0.005)
  private static let together = PlantedHost(secondsPerFlop: 0.5e-11, noise: 0.005)

  private static func fit(_ host: PlantedHost, threads: Int) throws -> FittedModel {
    let rows = host.rows(try host.shapes(60, seed: 3), seed: 4, threads: threads)
    return try FittedModel(
      fitting: TimingTable(rows: rows), group: MeasuredGroup(rows[0]), solver: PortableSolver(),
      options: FitOptions(folds: 2, learnsRemainder: false, searchesBlocking: false))
  }

  private static let one = Result { try fit(alone, threads: 1) }
  /// Of two threads, each of which does whole products.
  private static let apart = Result { try fit(together, threads: 2) }

  /// The fit of two threads, which share every product: a thread's part of it costs twice as much.
  private static func shared() throws -> FittedModel {
    let fit = try apart.get()
    var structure = fit.structure
    structure.large.geometry.sharing = 2
    structure.large.coefficients = structure.large.coefficients.map { 2 * $0 }
    return FittedModel(
      group: fit.group, ceilings: fit.ceilings, rooflineShape: fit.rooflineShape, crossValidation: fit.crossValidation,
      rows: [], structure: structure, remainder: nil, intervals: fit.intervals, streaming: nil,
      asymptote: fit.asymptote)
  }

  @Test func ranksTakeWhatTheirThreadsTakeTogether() throws {
    let (one, two) = (try Self.one.get(), try Self.shared())
    let host = try #require(CrowdedHost(PlacedHost(one), together: PlacedHost(two), ranks: 2))
    var slower = 0
    for shape in try Self.alone.shapes(60, seed: 8) {
      let own = try PlacedHost(one).predict(.gemm(shape, .fp32))
      let whole = try GEMMShape(m: shape.m, k: shape.k, n: 2 * shape.n)
      let all = try PlacedHost(two).predict(.gemm(whole, .fp32))
      let found = try host.predict(.gemm(shape, .fp32))
      #expect(found == (all.seconds > own.seconds ? all : own))
      if found == all { slower += 1 }
    }
    #expect(slower > 30, "memory is shared, and most products feel it: \(slower)")
  }

  @Test func whatOneThreadDoesIsToldAlone() throws {
    let one = try Self.one.get()
    // Without sharing, the second fit's products are one thread's.
    let host = try #require(
      CrowdedHost(PlacedHost(one), together: PlacedHost(try Self.apart.get()), ranks: 2))
    let shape = try GEMMShape(m: 3, k: 300, n: 500)
    #expect(try host.predict(.gemm(shape, .fp32)) == PlacedHost(one).predict(.gemm(shape, .fp32)))
    #expect(host.deviceName == "planted" && host.peakFlops(.fp32) == one.peakFlops(.fp32))
  }

  @Test func theSecondFitMustBeOfAllThreads() throws {
    let one = PlacedHost(try Self.one.get())
    #expect(CrowdedHost(one, together: one, ranks: 2) == nil)
    #expect(CrowdedHost(one, together: one, ranks: 1) == nil)
  }
}
