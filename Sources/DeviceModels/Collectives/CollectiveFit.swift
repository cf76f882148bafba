public import GEMMTiming

/// What rows taught about one library's exchanges inside a node.
public struct CollectiveFit: Hashable, Sendable {
  /// The library's name.
  public let name: String
  /// Parts of a measured row's `variant` that mean this library.
  public let matches: [String]
  /// The protocols of each kind of exchange, of which the fastest is taken that the library chooses from.
  public internal(set) var protocols: [Communication.Kind: [CollectiveProtocol]]
  /// Seconds that the host takes to launch it where that hides the exchange; 0 inside a graph.
  public internal(set) var hostSeconds: Double
  /// How often the message is copied in device memory before and after.
  public internal(set) var copies: Double
  /// Where 90 % of measured times lie.
  public internal(set) var spread: GEMMSpread.Range
  /// The rows that it was fitted to.
  public internal(set) var source: String
  /// The device of those rows where it is another than the file's.
  public internal(set) var rowsOf: String?

  /// Seconds inside a node; nil for a kind of exchange that the fit does not have.
  func seconds(
    _ kind: Communication.Kind, bytes: Double, ranks: Double, on device: DeviceSpecification
  ) -> Double? {
    guard let candidates = protocols[kind], !candidates.isEmpty else { return nil }
    let exchange = CollectiveExchange(kind, ranks: ranks, bandwidth: device.intraNode.bandwidth.value)
    var best = exchange.seconds(candidates, bytes: bytes)
    best += copies * bytes / device.memoryBandwidth.value
    guard hostSeconds > 0, best.isFinite else { return best }
    return Knee.joined(best, hostSeconds, sharpness: 4)
  }
}
