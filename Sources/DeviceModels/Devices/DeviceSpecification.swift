public import GEMMTiming

/// What is known of a GPU from its makers and from published measurements: the content of a device file.
///
/// Every number carries its source. Bandwidths are in byte/s, sizes in bytes, times in seconds, rates in flop/s
/// without structured sparsity.
public struct DeviceSpecification: Hashable, Sendable {
  /// `h100-sxm-80gb`: the name that timing tables use.
  public let name: String
  /// The product's full name.
  public let title: String
  /// The architecture: devices of one family share what rows of one of them teach.
  public let family: String
  /// Dense peak in flop/s for each element type that the device has a unit for.
  public let peaks: [DataType: Figure]
  /// Device memory in byte/s, both directions together.
  public let memoryBandwidth: Figure
  /// Device memory in bytes.
  public let memoryCapacity: Figure
  /// Bytes that the address translations next to a multiprocessor cover, where kernels are known to suffer beyond them.
  public let translationReach: Figure?
  /// What the best large GEMMs on matrix units sustain of the peak for longer than the power limit needs to act, where it is
  /// published; above 1 where cards run faster than the clock of their specification.
  public let sustainedMatmulFraction: Figure?
  /// The same for kernels without matrix units, whose power and clocks differ; of the peak of such an element type.
  public let sustainedVectorFraction: Figure?
  /// What a stream of reads and writes reaches of the memory bandwidth, where it is published.
  public let sustainedMemoryFraction: Figure?
  /// Last-level cache in bytes.
  public let cacheCapacity: Figure
  /// Parts of the last-level cache that each serve some of the multiprocessors, and keep copies of the others' lines, where
  /// there are several.
  public let cachePartitions: Figure?
  /// Last-level cache in byte/s, where a measurement is published.
  public let cacheBandwidth: Figure?
  /// Streaming multiprocessors, or compute units.
  public let multiprocessors: Figure
  /// Boost clock in Hz.
  public let clock: Figure
  /// Seconds that a kernel takes however small its work, in a stream that is kept full.
  public let launch: Figure
  /// GEMM kernels' tiles by element type.
  public let tiles: [TileFamily]
  /// What measured rows taught about GEMMs.
  public let gemmFits: [GEMMFit]
  /// What measured rows taught about passes over memory.
  public internal(set) var memoryFits: [MemoryFit]
  /// What measured rows taught about fused attention, the usual library first.
  public internal(set) var attentionFits: [AttentionFit]
  /// What measured rows taught about exchanges inside a node, the usual library first.
  public internal(set) var collectiveFits: [CollectiveFit]
  /// Links among the GPUs of a node.
  public let intraNode: InterconnectLink
  /// Links between nodes.
  public let interNode: InterconnectLink
  /// GPUs that share a node's inner links.
  public let gpusPerNode: Figure
  /// How the network between nodes is wired, where it is known; nil for one that carries all that nodes send.
  public internal(set) var fabric: NetworkFabric?

  /// The device in a network of its user's; nil leaves what the file says.
  public func wired(railNodes: Figure?, spineOversubscription: Figure?) -> DeviceSpecification {
    guard let rails = railNodes ?? fabric?.railNodes, let spine = spineOversubscription ?? fabric?.spineOversubscription
    else { return self }
    var device = self
    device.fabric = NetworkFabric(railNodes: rails, spineOversubscription: spine)
    return device
  }

  /// The tiles of an element type; nil when the file lists none.
  public func tiles(for dtype: DataType) -> TileFamily? { tiles.first { $0.dtypes.contains(dtype) } }

  /// What rows taught about an element type; nil when none were measured.
  public func gemmFit(for dtype: DataType) -> GEMMFit? { gemmFits.first { $0.dtypes.contains(dtype) } }
}
