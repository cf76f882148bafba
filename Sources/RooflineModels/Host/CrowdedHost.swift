public import GEMMTiming

/// A host on which several ranks compute the same at once, each on cores of its own.
///
/// Ranks share what their cores share: memory, the last-level cache, the units of a core that has several hardware threads.
/// A fit of one rank's threads knows nothing of that, but one of all ranks' threads does. Threads that share a product with
/// the columns of all ranks each do one rank's part, all at once:
///
///     t(m, k, n) = max(alone(m, k, n), together(m, k, ranks·n))
///
/// Products that the library leaves to one thread, and passes over memory, are told as if a rank were alone.
public struct CrowdedHost: GEMMTimeModel, Hashable {
  /// What answers for a rank that is alone.
  public let alone: PlacedHost
  /// What answers for all ranks' threads together.
  public let together: PlacedHost
  /// How many ranks there are.
  public let ranks: Int

  /// A host of so many ranks; nil where the second fit is not one of all their threads.
  public init?(_ alone: PlacedHost, together: PlacedHost, ranks: Int) {
    guard ranks > 1, let own = alone.model.group.threads, together.model.group.threads == own * ranks else {
      return nil
    }
    self.alone = alone
    self.together = together
    self.ranks = ranks
  }

  /// The host's name.
  public var deviceName: String { alone.deviceName }

  /// The compute ceiling of a rank that is alone.
  public func peakFlops(_ dtype: DataType) -> Double? { alone.peakFlops(dtype) }

  /// The time of one operation of one rank.
  public func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
    let own = try alone.predict(operation)
    guard case .gemm(let shape, let dtype, let role) = operation else { return own }
    let (columns, overflow) = shape.n.multipliedReportingOverflow(by: ranks)
    guard !overflow, let whole = try? GEMMShape(m: shape.m, k: shape.k, n: columns, batch: shape.batch),
      together.model.isShared(whole)
    else { return own }
    let all = try together.predict(.gemm(whole, dtype, role))
    return all.seconds > own.seconds ? all : own
  }
}

extension FittedModel {
  /// Whether threads share a product: the library leaves small ones to one.
  fileprivate func isShared(_ shape: GEMMShape) -> Bool {
    structure.path(Double(shape.m), Double(shape.k), Double(shape.n)).geometry.sharing > 1
  }
}
