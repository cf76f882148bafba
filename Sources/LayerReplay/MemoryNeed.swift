internal import GEMMTiming
public import HostCalibration
internal import TransformerModels

/// What the layers of a request take, over all ranks.
public struct MemoryNeed: Hashable, Sendable {
  /// Bytes of one layer's weights, and of its keys and values where it keeps them.
  public let layer: Double
  /// Bytes of everything that layers share.
  public let activations: Double
  let ranks: Int

  /// Floats of a layer beyond which sizes are not told exactly: no host has a hundredth of them.
  private static let mostFloats = 0x1p42

  /// The need of a request.
  ///
  /// - Throws: ``ReplayError`` for a plan that cannot carry the model, and for what is not run here.
  public init(_ request: ReplayRequest) throws(ReplayError) {
    let layer = try request.layer().graph
    ranks = request.tp
    let floats = layer.gemms.reduce(0) { $0 + ($1.shape?.elements ?? 0) }
    guard floats < Self.mostFloats else {
      (self.layer, activations) = (4 * floats * Double(ranks), 0)
      return
    }
    let sizes = try RankSizes(request, layer: layer)
    let buffers = Activations.pieces(sizes)
    let shared = ranks > 1 ? SumExchange.bytes(ranks: ranks, floats: sizes.tokens * sizes.hidden) : 0
    self.layer = 4 * Double(FloatMemory.floats(for: LayerWeights.pieces(sizes))) * Double(ranks)
    activations = 4 * Double(FloatMemory.floats(for: buffers)) * Double(ranks) + Double(shared)
  }

  /// Bytes of so many layers.
  public func bytes(layers: Int) -> Double { Double(layers) * layer + activations }

  /// How many layers to give weights of their own, so that no cache holds them from one pass to the next.
  ///
  /// As many as fill the last-level cache ``cacheFillings`` times, but no more than the model has and than fit.
  ///
  /// - Parameters:
  ///   - asked: the layers that are asked for; nil for that choice.
  ///   - most: the layers of the model.
  ///   - limit: bytes that an option allows; nil for what the machine has.
  ///   - topology: the machine.
  /// - Returns: the number of layers.
  /// - Throws: ``ReplayError/memory(_:)``.
  public func layers(
    asked: Int?, most: Int, limit: Double?, topology: HostTopology
  ) throws(ReplayError) -> Int {
    let available = Self.share * Double(topology.usableMemory ?? Int.max)
    let bytes = min(limit ?? .infinity, available)
    let fitting = Int(min(max(0, (bytes - activations) / layer), Double(most)))
    let cold = Int(min((Self.coldBytes(topology) / layer).rounded(.up), Double(most)))
    let wanted = asked ?? min(max(cold, 2), most)
    let least = asked ?? min(2, most)
    guard fitting >= least else {
      throw .memory(
        MemoryShortage(
          layers: least, ranks: ranks, weights: Double(least) * layer, activations: activations, limit: bytes,
          isOfOption: limit.map { $0 < available } ?? false, fitting: fitting))
    }
    return min(wanted, fitting)
  }

  /// Whether so many layers' weights are more than caches keep from one pass to the next.
  public func isCold(layers: Int, topology: HostTopology) -> Bool {
    Double(layers) * layer >= Self.coldBytes(topology)
  }

  /// How many times the last-level cache weights fill that are cold, and its size where the system does not say.
  public static let cacheFillings = 4.0
  private static let usualCache = 32 << 20
  /// The share of the memory available that is taken at most.
  private static let share = 0.9

  /// Bytes of weights that no cache holds from one pass to the next.
  public static func coldBytes(_ topology: HostTopology) -> Double {
    cacheFillings * Double(topology.lastLevelCache?.size ?? usualCache)
  }
}
