/// What a device's GEMM kernels reach of its peaks, and what they lose at their edges.
///
/// One set serves some element types of a device. Fractions refer to the specification's peaks; times are in seconds.
public struct GEMMParameters: Hashable, Sendable {
  /// Fraction of the peak that one multiprocessor reaches in the middle of a large tile; above 1 where cards run faster than
  /// the clock that their specification names.
  public var computeFraction: Double
  /// How much slower kernels run that last long enough for the power limit to lower the clock: 0.1 is a tenth.
  public var throttling: Double
  /// The kernel time at which half of ``throttling`` has set in.
  public var throttlingSeconds: Double
  /// Fraction of the memory bandwidth that streaming operands reach.
  public var bandwidthFraction: Double
  /// The exponent of the knee between compute and memory.
  public var kneeSharpness: Double
  /// Time of a kernel that does nothing.
  public var launchSeconds: Double
  /// Time to fill and drain the pipeline of the first tile.
  public var fillSeconds: Double
  /// Time to start each further round of tiles on a multiprocessor.
  public var roundSeconds: Double
  /// Time until memory delivers at full rate.
  public var memoryLatencySeconds: Double
  /// Shortest time of one element of k on a multiprocessor, however small the tile.
  public var stepSeconds: Double
  /// Tiles of 128×128 that a multiprocessor holds at once to hide ``stepSeconds``.
  public var residentTiles: Double
  /// How ``residentTiles`` grows as tiles shrink: with (128²/area) to this power.
  public var residencyExponent: Double
  /// How much of a wave's unfilled rest is lost: 0 none (tiles of unequal work are evened out), 1 all of it.
  public var waveQuantization: Double
  /// Extra time of splitting k over multiprocessors.
  public var splitSeconds: Double
  /// Rate of the partial sums' traffic when k is split, over the memory bandwidth.
  public var splitBandwidthFraction: Double
  /// Part of A's traffic that reaches memory rather than a cache that A was left in.
  public var inputTraffic: Double
  /// Part of C's traffic that reaches memory before the kernel ends.
  public var outputTraffic: Double
  /// Rate at which all multiprocessors together store finished tiles, over the memory bandwidth.
  public var epilogueBandwidthFraction: Double
  /// Tile intensity m·n/(m+n) in elements below which a tile's rate falls off.
  public var halfIntensity: Double
  /// Time of one element of k in a matrix–vector kernel, which uses no tiles.
  public var vectorStepSeconds: Double
  /// Fixed time of a matrix–vector kernel.
  public var vectorFillSeconds: Double
  /// How many times as long a main loop takes when the product is alone rather than one of a batch: a linear layer keeps
  /// its weight transposed, and kernels without matrix units then have to turn it on the way.
  public var singleProductFactor = 1.0
  /// How much longer a main loop takes, at most, when its rows lie so far apart that their pages' translations no longer
  /// fit the buffer next to a multiprocessor: 1 is twice as long.
  public var translationLoss = 0.0
  /// The distance of two rows in bytes at which half of ``translationLoss`` has set in.
  public var translationStrideBytes = 1.0
  /// How much longer the main loop takes when rows of an operand begin on boundaries of one element alone, not of 16
  /// bytes as copies in bulk need them: 1 is twice as long.
  public var unalignedLoss = 0.0
  /// How much longer operands take from memory then.
  public var unalignedTraffic = 0.0
  /// Rate at which the last-level cache delivers operands that stayed in it, over the memory bandwidth; 0 where the other
  /// parameters hold what staying saves.
  public var cacheBandwidthFraction = 0.0
  /// Bytes that lie between two uses of an operand of which half still finds it in the last-level cache.
  public var cacheBytes = 1.0
  /// How fast the main loop of each tile is, over what its intensity says, in the order of the family's shapes; tiles
  /// beyond the list's end have 1.
  public var tileRates: [Double] = []
}
