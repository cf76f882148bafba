import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

/// Two ranks of one thread on a planted host.
@Suite struct CrowdedHostTests {
  private static let host = PlantedHost(noise: 0.005)

  /// A fit of so many threads that streams at `rate` times 10 GB/s; in a sequence, products take as long again.
  private static func fit(threads: Int, rate: Double) throws -> FittedModel {
    let hot = host.rows(try host.shapes(60, seed: 3), seed: 4, threads: threads)
    let far = host.rows(try host.shapes(40, seed: 5), seed: 6, threads: threads).map { row in
      var row = row
      row.cache = .sequence
      row.seconds *= 2
      return row
    }
    let streams = try host.streaming(threads: threads).map { row in
      var row = row
      row.seconds /= rate
      return row
    }
    return try FittedModel(
      fitting: TimingTable(rows: hot + far + streams), group: MeasuredGroup(hot[0]), solver: PortableSolver(),
      options: FitOptions(folds: 2, learnsRemainder: false, searchesBlocking: false))
  }

  private static let one = Result { PlacedHost(try fit(threads: 1, rate: 1), cache: .sequence) }

  @Test func theWayFromMemoryIsShared() throws {
    let one = try Self.one.get()
    // Two threads stream 1.25 times as fast as one: each rank has 0.625 of that, 1.6 times as long.
    let host = try #require(CrowdedHost(one, together: try Self.fit(threads: 2, rate: 1.25), ranks: 2))
    #expect(abs(host.crowding - 1.6) < 1e-9)
    for shape in try Self.host.shapes(20, seed: 8) {
      let own = try one.predict(.gemm(shape, .fp32, .weight))
      let found = try host.predict(.gemm(shape, .fp32, .weight))
      let arithmetic = shape.flops / (one.peakFlops(.fp32) ?? .infinity)
      let expected = arithmetic + 1.6 * max(own.seconds - arithmetic, 0)
      #expect(abs(found.seconds / max(expected, own.seconds) - 1) < 1e-9)
      #expect(abs(found.high / found.seconds - own.high / own.seconds) < 1e-9 && found.low == own.low)
      // What an operation before has written is near.
      #expect(try host.predict(.gemm(shape, .fp32, .activations)) == one.predict(.gemm(shape, .fp32, .activations)))
    }
    #expect(host.deviceName == "planted" && host.peakFlops(.fp32) == one.peakFlops(.fp32))
  }

  @Test func memoryThatIsWideEnoughIsAsForOne() throws {
    let one = try Self.one.get()
    let host = try #require(CrowdedHost(one, together: try Self.fit(threads: 2, rate: 3), ranks: 2))
    let shape = try GEMMShape(m: 3, k: 300, n: 500)
    #expect(try host.crowding == 1 && host.predict(.gemm(shape, .fp32)) == one.predict(.gemm(shape, .fp32)))
  }

  @Test func theSecondFitMustBeOfAllThreads() throws {
    let one = try Self.one.get()
    #expect(CrowdedHost(one, together: one.model, ranks: 2) == nil)
  }
}
