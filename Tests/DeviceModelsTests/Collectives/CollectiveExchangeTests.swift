import GEMMTiming
import SeededRandom
import Testing

@testable import DeviceModels

struct CollectiveExchangeTests {
  private func way(
    _ name: String, base: Double, rate: Double, pipelining: Double = 1,
    estimate: (base: Double, rate: Double)? = nil
  ) -> CollectiveProtocol {
    var way = CollectiveProtocol(
      name: name, baseSeconds: base, stepSeconds: 0, steps: .constant, volume: .switch, bandwidthFraction: rate,
      halfRanks: 0)
    way.pipelining = pipelining
    way.estimate = estimate.map { .init(baseSeconds: $0.base, stepSeconds: 0, bandwidthFraction: $0.rate) }
    return way
  }

  private let exchange = CollectiveExchange(.allGather, ranks: 4, bandwidth: 1e9)

  /// Without pieces a message takes latency and bytes one after the other; in pieces of the best length (√l + √s)².
  @Test func latencyAndBytesComeTogetherByTheClosedForms() {
    for (pipelining, expected) in [(1.0, 5.0), (2.0, 9.0)] {
      let way = way("one", base: 1, rate: 0.25, pipelining: pipelining)
      #expect(abs(way.seconds(exchange, bytes: 1e9) - expected) < 1e-12)
    }
    var ring = CollectiveProtocol(
      name: "ring", baseSeconds: 1, stepSeconds: 0.5, steps: .ring, volume: .ring, bandwidthFraction: 1, halfRanks: 3)
    #expect(abs(ring.seconds(exchange, bytes: 1e9) - (1 + 3 * 0.5 + 0.75 * 2)) < 1e-12)
    let reduce = CollectiveExchange(.allReduce, ranks: 4, bandwidth: 1e9)
    #expect(abs(ring.seconds(reduce, bytes: 1e9) - (1 + 6 * 0.5 + 1.5 * 2)) < 1e-12)
    ring.minimumRanks = 5
    #expect(ring.seconds(reduce, bytes: 1e9) == .infinity)
  }

  /// The library's lines cross at 100 bytes: up to there it takes the first, although the second is always faster.
  @Test func whatTheLibraryReckonsDecides() {
    let ways = [
      way("quick", base: 3, rate: 1e-8, estimate: (1, 1e-9)),
      way("wide", base: 2, rate: 1e-7, estimate: (51, 2e-9)),
    ]
    #expect(abs(exchange.seconds(ways, bytes: 50) - (3 + 5)) < 1e-9)
    #expect(abs(exchange.seconds(ways, bytes: 1000) - (3 + 10)) < 1e-9, "no less than the largest the other way")
    #expect(abs(exchange.seconds(ways, bytes: 2e4) - (2 + 200)) < 1e-9)
    let free = ways + [way("free", base: 0.5, rate: 1e-8)]
    #expect(abs(exchange.seconds(free, bytes: 50) - (0.5 + 5)) < 1e-9)
  }

  @Test func aProtocolForMoreRanksIsNotReckonedWith() {
    var many = way("many", base: 0.1, rate: 1, estimate: (0, 1))
    many.minimumRanks = 8
    let few = way("few", base: 2, rate: 1, estimate: (1, 1e-9))
    #expect(abs(exchange.seconds([many, few], bytes: 1) - 2) < 1e-6)
    #expect(exchange.seconds([many], bytes: 1) == .infinity)
    #expect(exchange.seconds([], bytes: 1) == .infinity)
  }

  /// Brute force: walk up all sizes, take the protocol whose line is the lowest, and never let the time fall.
  @Test func randomChoicesAreThoseOfAWalk() {
    var generator = SplitMix64(seed: 7)
    func random(_ low: Double, _ high: Double) -> Double {
      low + (high - low) * Double(generator.next() >> 11) / 9_007_199_254_740_992
    }
    for _ in 0..<50 {
      let ways = (0..<4).map { index in
        way(
          "\(index)", base: random(1, 10), rate: random(0.1, 1), pipelining: random(1, 2),
          estimate: (random(1, 10), random(0.1, 1)))
      }
      let lines = ways.compactMap { $0.estimated(exchange) }
      func best(_ bytes: Double) -> Int {
        lines.indices.min { lines[$0].base + lines[$0].slope * bytes < lines[$1].base + lines[$1].slope * bytes } ?? 0
      }
      // A switch lies between two steps: the time of the one before is no more than at the step's end.
      var (least, most) = (0.0, 0.0)
      for step in 1...2000 {
        let bytes = Double(step) * 1e7
        let now = ways[best(bytes)].seconds(exchange, bytes: bytes)
        least = max(least, now)
        most = max(most, now, ways[best(bytes - 1e7)].seconds(exchange, bytes: bytes))
        let chosen = exchange.seconds(ways, bytes: bytes)
        #expect(chosen >= least * (1 - 1e-12) && chosen <= most * (1 + 1e-12), "\(bytes)")
      }
    }
  }
}
