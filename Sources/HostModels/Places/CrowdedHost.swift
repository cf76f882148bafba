public import GEMMTiming

/// A host on which several ranks compute the same at once, each on cores of its own, and share the way to memory.
///
/// What a product with a stored operand takes beside its arithmetic, it takes ``crowding`` times:
///
///     t = c + crowding · (alone − c)        c = flops / peak        crowding = max(1, ranks · rate(one rank) / rate(all))
///
/// The rates are the fastest that streams over memory reach with one rank's threads and with those of all. The interval
/// reaches from that of a rank that is alone to that of ranks which all fetch at once. What ranks take from each other in a
/// cache that they share, or in the units of a core, is left out.
public struct CrowdedHost: GEMMTimeModel, Hashable {
  /// What answers for a rank that is alone.
  public let alone: PlacedHost
  /// How many times as long the way from memory takes.
  public let crowding: Double

  /// A host of so many ranks; nil where the second fit has other threads, or either has no streams over memory.
  ///
  /// - Parameters:
  ///   - alone: what answers for a rank that is alone.
  ///   - together: a fit of all ranks' threads.
  ///   - ranks: how many there are.
  public init?(_ alone: PlacedHost, together: FittedModel, ranks: Int) {
    guard let threads = alone.model.group.threads, together.group.threads == threads * ranks,
      let own = alone.model.streaming?.peakRate, let all = together.streaming?.peakRate, own > 0, all > 0
    else { return nil }
    self.alone = alone
    crowding = max(1, Double(ranks) * own / all)
  }

  /// The host's name.
  public var deviceName: String { alone.deviceName }

  /// The compute ceiling of a rank that is alone.
  public func peakFlops(_ dtype: DataType) -> Double? { alone.peakFlops(dtype) }

  /// The time of one operation of one rank.
  public func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
    let own = try alone.predict(operation)
    guard case .gemm(let shape, let dtype, let role) = operation, role.readsStoredOperand, alone.cache != .hot,
      own.seconds > 0, let peak = peakFlops(dtype)
    else { return own }
    let factor = 1 + (crowding - 1) * max(0, 1 - shape.flops / peak / own.seconds)
    return TimePrediction(
      seconds: factor * own.seconds, low: own.low, high: factor * own.high, bound: own.bound,
      source: own.source)
  }
}
