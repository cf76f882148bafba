public import GEMMTiming

/// A time model that is asked about each distinct operation once.
struct OperationCosts {
  private let timeModel: any GEMMTimeModel
  private var known: [Question: TimePrediction] = [:]

  private struct Question: Hashable {
    let operation: GEMMTiming.Operation
    let weightSize: Double?
  }

  init(_ timeModel: any GEMMTimeModel) {
    self.timeModel = timeModel
  }

  /// How many distinct operations were asked about.
  var count: Int { known.count }

  /// The time of one operation of a layer.
  ///
  /// - Throws: ``ModelError/unsupported(_:)``.
  mutating func predict(_ operation: LayerOperation) throws(ModelError) -> TimePrediction {
    try predict(operation.operation, weightSize: operation.weightSize).scaled(by: operation.repeats)
  }

  /// The time of one operation, with its weight stored in so many bytes an element where that is not its own type's.
  ///
  /// - Throws: ``ModelError/unsupported(_:)``.
  mutating func predict(
    _ operation: GEMMTiming.Operation, weightSize: Double? = nil
  ) throws(ModelError) -> TimePrediction {
    if operation == .none { return .zero }
    let question = Question(operation: operation, weightSize: weightSize)
    if let value = known[question] { return value }
    let prediction: TimePrediction
    do { prediction = try timeModel.predict(operation, weightSize: weightSize) } catch { throw .unsupported(error) }
    known[question] = prediction
    return prediction
  }
}

extension GEMMTimeModel {
  /// The time of an operation of a layer.
  ///
  /// - Throws: what the model throws.
  public func predict(_ operation: LayerOperation) throws(UnsupportedOperation) -> TimePrediction {
    try predict(operation.operation, weightSize: operation.weightSize).scaled(by: operation.repeats)
  }

  /// A product whose weight is stored in another type than it is computed in: where memory bounds it, it takes as much
  /// less as fewer bytes are read, but no less than its arithmetic.
  fileprivate func predict(
    _ operation: GEMMTiming.Operation, weightSize: Double?
  ) throws(UnsupportedOperation) -> TimePrediction {
    let prediction = try predict(operation)
    guard let weightSize, case .gemm(let shape, let type, _) = operation, prediction.bound == .memory else {
      return prediction
    }
    let all = shape.bytes(type)
    let weights = Double(shape.batch) * Double(shape.k) * Double(shape.n)
    let read = all + weights * (weightSize - Double(type.size))
    let least = peakFlops(type).map { shape.flops / $0 } ?? 0
    let factor = min(max(read / all, least / prediction.seconds), max(1, read / all))
    return prediction.scaled(by: factor)
  }
}

extension TimePrediction {
  /// So many times the time, with the same bound and source.
  fileprivate func scaled(by factor: Double) -> TimePrediction {
    guard factor != 1 else { return self }
    var scaled = self
    scaled.seconds *= factor
    scaled.low *= factor
    scaled.high *= factor
    return scaled
  }
}
