internal import Foundation
public import GEMMTiming

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

  /// The algorithm's name.
  public let name: String
  /// Seconds of an exchange of nothing.
  public let baseSeconds: Double
  /// Seconds of each step.
  public let stepSeconds: Double
  /// How many steps there are.
  public let steps: Steps
  /// What each GPU sends.
  public let volume: Volume
  /// Fraction of the link's bandwidth that very many ranks reach.
  public let bandwidthFraction: Double
  /// n − 1 at which half of that fraction is lost: few ranks use fewer channels.
  public let halfRanks: Double
  /// The largest message that the library sends this way; nil when there is no limit.
  public let maximumBytes: Double?

  /// Seconds of an exchange among `ranks` GPUs, each sending `bandwidth` byte/s; infinite beyond ``maximumBytes``.
  func seconds(bytes: Double, ranks: Double, bandwidth: Double, passes: Double) -> Double {
    if let maximumBytes, bytes > maximumBytes { return .infinity }
    let count: Double =
      switch steps {
      case .ring: passes * (ranks - 1)
      case .doubling: log2(ranks)
      case .constant: 0
      }
    let sent: Double =
      switch volume {
      case .ring: passes * bytes * (ranks - 1) / ranks
      case .direct: bytes * (ranks - 1)
      case .switch: bytes
      }
    let reached = bandwidth * bandwidthFraction * (ranks - 1) / (ranks - 1 + halfRanks)
    return baseSeconds + stepSeconds * count + sent / reached
  }
}

/// What rows taught about one library's exchanges inside a node.
public struct CollectiveFit: Hashable, Sendable {
  /// The library's name.
  public let name: String
  /// Parts of a measured row's `variant` that mean this library.
  public let matches: [String]
  /// The protocols of each kind of exchange, of which the fastest is taken.
  public let protocols: [Communication.Kind: [CollectiveProtocol]]
  /// Seconds that the host takes to launch it where that hides the exchange; 0 inside a graph.
  public let hostSeconds: Double
  /// How often the message is copied in device memory before and after.
  public let copies: Double
  /// Where 90 % of measured times lie.
  public let spread: GEMMSpread.Range
  /// The rows that it was fitted to.
  public let source: String
  /// The device of those rows where it is another than the file's.
  public let rowsOf: String?

  /// Seconds inside a node by the fastest protocol; nil for a kind of exchange that the fit does not have.
  func seconds(
    _ kind: Communication.Kind, bytes: Double, ranks: Double, on device: DeviceSpecification
  ) -> Double? {
    guard let candidates = protocols[kind], !candidates.isEmpty else { return nil }
    let passes: Double = kind == .allReduce ? 2 : 1
    var best = Double.infinity
    for candidate in candidates {
      best = min(
        best,
        candidate.seconds(bytes: bytes, ranks: ranks, bandwidth: device.intraNode.bandwidth.value, passes: passes))
    }
    best += copies * bytes / device.memoryBandwidth.value
    guard hostSeconds > 0, best.isFinite else { return best }
    return Knee.joined(best, hostSeconds, sharpness: 4)
  }
}
