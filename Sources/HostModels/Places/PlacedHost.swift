internal import Foundation
public import GEMMTiming

/// A host whose products find their operands as a step of a model, or as whoever asks, has them.
///
/// In a sequence, stored operands (weights, and the keys and values of earlier steps) come from where the step's other
/// reads have left them: `reuse` bytes passed by since. As far as streams show that so many bytes leave the caches, the
/// time is that of a product whose B no cache holds, and else that of one called again and again. What an operation
/// before has just written is taken for near.
public struct PlacedHost: GEMMTimeModel, Hashable {
  /// The fit that answers.
  public let model: FittedModel
  /// Where operands are.
  public let cache: TimingRow.CacheState
  /// How weights are stored.
  public let weights: WeightLayout
  /// Bytes between two uses of a stored operand; nil where they are many times what caches hold.
  public let reuse: Double?

  /// Asks `model` of products in one place.
  public init(
    _ model: FittedModel, cache: TimingRow.CacheState = .hot, weights: WeightLayout = .inOut, reuse: Double? = nil
  ) {
    self.model = model
    self.cache = cache
    self.weights = weights
    self.reuse = reuse
  }

  /// The host's name.
  public var deviceName: String { model.deviceName }

  /// The compute ceiling of the fit.
  public func peakFlops(_ dtype: DataType) -> Double? { model.peakFlops(dtype) }

  /// The time of one operation; those that are no products are the fit's.
  public func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
    guard case .gemm(let shape, let dtype, let role) = operation else { return try model.predict(operation) }
    try model.check(dtype)
    let layout = role.layout(weights)
    let isStored = role.readsStoredOperand
    let place = cache == .sequence && !isStored ? .hot : cache
    let far = model.gemm(shape, cache: place, layout: layout)
    guard cache == .sequence, isStored, let share, share < 1 else {
      return try far.checked(of: deviceName, for: operation)
    }
    let near = model.gemm(shape, cache: .hot, layout: layout)
    return try near.mixed(with: far, share: share).checked(of: deviceName, for: operation)
  }

  /// The time of one product, with its operands elsewhere or otherwise than usual here where that is given.
  ///
  /// - Throws: as ``predict(_:)``.
  public func predict(
    _ shape: GEMMShape, _ dtype: DataType, cache place: TimingRow.CacheState?, layout: OperandLayout?
  ) throws(UnsupportedOperation) -> TimePrediction {
    try model.check(dtype)
    return try model.gemm(shape, cache: place ?? cache, layout: layout ?? ProductRole.weight.layout(weights))
      .checked(of: deviceName, for: .gemm(shape, dtype))
  }

  /// The part of the way from near to far; nil for all of it.
  private var share: Double? { reuse.flatMap { model.asymptote.uncached?.share($0) } }

  /// Which of the places that a step asks for no rows tell of, in words.
  public var gaps: [String] {
    var gaps: [String] = []
    for (place, role) in [(cache, ProductRole.weight), (.hot, .scores), (.hot, .activations)] {
      let layout = role.layout(weights)
      if cache == .sequence || role == .weight, model.operandFit(place, layout) == nil,
        !(place == .hot && layout == .nn)
      {
        let used = model.nearestFit(place, layout)?.group ?? model.group
        let gap =
          "no rows of \(layout.formula), \(place.rawValue): \(used.layout.formula), \((used.cache ?? .hot).rawValue), answers"
        if !gaps.contains(gap) { gaps.append(gap) }
      }
    }
    return gaps
  }
}

extension FittedModel {
  /// The fit beside this one of exactly such operands; nil where there is none.
  func operandFit(_ cache: TimingRow.CacheState, _ layout: OperandLayout) -> OperandFit? {
    operands.first { $0.group.cache == cache && $0.group.layout == layout }
  }

  /// The fit that is nearest to such operands; nil where that is this one.
  ///
  /// Where operands are counts for more than how they lie: with many rows, all layouts take alike.
  func nearestFit(_ cache: TimingRow.CacheState, _ layout: OperandLayout) -> OperandFit? {
    let others: [TimingRow.CacheState] =
      cache == .sequence ? [.sequence, .cold] : cache == .cold ? [.cold, .sequence] : []
    for place in others {
      if let fit = operandFit(place, layout) ?? operandFit(place, .nn) { return fit }
    }
    return layout == .nn ? nil : operandFit(.hot, layout)
  }

  /// `batch` products one after the other with operands in one place.
  func gemm(_ shape: GEMMShape, cache: TimingRow.CacheState, layout: OperandLayout) -> TimePrediction {
    guard let fit = nearestFit(cache, layout) else { return gemm(shape) }
    let (m, k, n, batch) = (Double(shape.m), Double(shape.k), Double(shape.n), Double(shape.batch))
    let limit = 2 * m * k * n / ceilings.peakFlops
    let (seconds, factors, source) = fit.predict(shape, floor: limit) { rising(m: $0, k: $1, n: $2) }
    return TimePrediction(
      seconds: seconds * batch, low: seconds * max(factors.low, ceilingFactor * limit / seconds) * batch,
      high: seconds * factors.high * batch, bound: bound(structure.parts(m: m, k: k, n: n)), source: source)
  }
}

extension TimePrediction {
  /// Between two predictions of one thing, `share` of the way to the other, in the logarithm.
  fileprivate func mixed(with other: TimePrediction, share: Double) -> TimePrediction {
    func mean(_ a: Double, _ b: Double) -> Double { a > 0 && b > 0 ? exp((1 - share) * log(a) + share * log(b)) : 0 }
    return TimePrediction(
      seconds: mean(seconds, other.seconds), low: mean(low, other.low), high: mean(high, other.high),
      bound: share > 0.5 ? other.bound : bound, source: share > 0.5 ? other.source : source)
  }
}
