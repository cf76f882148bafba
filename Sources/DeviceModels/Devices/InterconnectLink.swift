/// What one GPU can send over one kind of link, and how long the first byte takes.
public struct InterconnectLink: Hashable, Sendable {
  /// Bytes a second that one GPU sends in one direction.
  public let bandwidth: Figure
  /// Seconds that one step of an algorithm costs however small the message.
  public let latency: Figure
  /// The fraction of ``bandwidth`` that large messages reach.
  public let efficiency: Figure

  /// Describes a link.
  public init(bandwidth: Figure, latency: Figure, efficiency: Figure) {
    self.bandwidth = bandwidth
    self.latency = latency
    self.efficiency = efficiency
  }
}
