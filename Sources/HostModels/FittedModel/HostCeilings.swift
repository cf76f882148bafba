/// The limits that a host's measurements show.
public struct HostCeilings: Hashable, Sendable, Codable {
  /// The fastest flop/s that any row reached: no prediction is faster.
  public var peakFlops: Double
  /// The flop/s that the fit gives GEMMs without end, in every dimension.
  public var sustainedFlops: Double
  /// The fastest byte/s of a pass over more than the caches hold; nil without rows to tell.
  public var peakBandwidth: Double?
  /// The byte/s that such passes reach in the median; nil without rows to tell.
  public var sustainedBandwidth: Double?

  /// States limits in flop/s and byte/s.
  public init(
    peakFlops: Double, sustainedFlops: Double, peakBandwidth: Double? = nil, sustainedBandwidth: Double? = nil
  ) {
    self.peakFlops = peakFlops
    self.sustainedFlops = sustainedFlops
    self.peakBandwidth = peakBandwidth
    self.sustainedBandwidth = sustainedBandwidth
  }
}
