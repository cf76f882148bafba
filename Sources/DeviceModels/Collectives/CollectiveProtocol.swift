internal import Foundation

/// One way in which a library exchanges data inside a node: a latency and a bandwidth.
public struct CollectiveProtocol: Hashable, Sendable {
  /// How the latency grows with the number of ranks n.
  public enum Steps: String, Sendable, CaseIterable {
    /// n − 1 steps, twice that for an all-reduce.
    case ring
    /// log₂ n steps.
    case doubling
    /// The same for any number: a switch or a barrier does it.
    case constant
  }

  /// How many bytes each GPU sends of a message of S bytes.
  public enum Volume: String, Sendable, CaseIterable {
    /// S·(n−1)/n, twice that for an all-reduce.
    case ring
    /// S·(n−1): every rank reads the whole message of every other.
    case direct
    /// S: the switch reduces and multicasts.
    case `switch`
  }

  /// What a library reckons that a protocol takes when it chooses one: a straight line in the bytes.
  public struct Estimate: Hashable, Sendable {
    /// Seconds of an exchange of nothing.
    public let baseSeconds: Double
    /// Seconds of each step.
    public let stepSeconds: Double
    /// Fraction of the link's bandwidth.
    public let bandwidthFraction: Double
  }

  /// The algorithm's name.
  public let name: String
  /// Seconds of an exchange of nothing.
  public internal(set) var baseSeconds: Double
  /// Seconds of each step.
  public internal(set) var stepSeconds: Double
  /// How many steps there are.
  public let steps: Steps
  /// What each GPU sends.
  public let volume: Volume
  /// Fraction of the link's bandwidth that very many ranks reach.
  public internal(set) var bandwidthFraction: Double
  /// n − 1 at which half of that fraction is lost: few ranks use fewer channels.
  public internal(set) var halfRanks: Double
  /// The p in (latency^(1/p) + bytes^(1/p))^p, seconds of both: 1 is their sum, 2 what pieces of the best length take that
  /// follow one another through the steps.
  public internal(set) var pipelining = 1.0
  /// The largest message that the library sends this way; nil when there is no limit.
  public internal(set) var maximumBytes: Double?
  /// The fewest ranks that exchange this way.
  public internal(set) var minimumRanks = 2.0
  /// What the library reckons when it chooses; nil where the faster one is taken.
  public internal(set) var estimate: Estimate?

  /// Seconds of an exchange; infinite beyond ``maximumBytes`` and below ``minimumRanks``.
  func seconds(_ exchange: CollectiveExchange, bytes: Double) -> Double {
    if let maximumBytes, bytes > maximumBytes { return .infinity }
    guard exchange.ranks >= minimumRanks else { return .infinity }
    let others = exchange.ranks - 1
    let reached = exchange.bandwidth * bandwidthFraction * others / (others + halfRanks)
    let latency = baseSeconds + stepSeconds * count(exchange)
    let sent = bytes * share(exchange) / reached
    return pipelining == 1 ? latency + sent : Knee.joined(latency, sent, sharpness: 1 / pipelining)
  }

  /// What the library reckons: seconds of nothing and seconds a byte; nil where it does not reckon with it.
  func estimated(_ exchange: CollectiveExchange) -> (base: Double, slope: Double)? {
    guard let estimate, exchange.ranks >= minimumRanks else { return nil }
    return (
      estimate.baseSeconds + estimate.stepSeconds * count(exchange),
      share(exchange) / (exchange.bandwidth * estimate.bandwidthFraction)
    )
  }

  /// The number of steps.
  private func count(_ exchange: CollectiveExchange) -> Double {
    switch steps {
    case .ring: exchange.passes * (exchange.ranks - 1)
    case .doubling: log2(exchange.ranks)
    case .constant: 0
    }
  }

  /// Bytes that each GPU sends, over the message's.
  private func share(_ exchange: CollectiveExchange) -> Double {
    switch volume {
    case .ring: exchange.passes * (exchange.ranks - 1) / exchange.ranks
    case .direct: exchange.ranks - 1
    case .switch: 1
    }
  }
}
