internal import GEMMTiming

/// A time model that is asked about each distinct operation once.
struct OperationCosts {
  private let timeModel: any GEMMTimeModel
  private var known: [GEMMTiming.Operation: TimePrediction] = [:]

  init(_ timeModel: any GEMMTimeModel) {
    self.timeModel = timeModel
  }

  /// How many distinct operations were asked about.
  var count: Int { known.count }

  /// The time of one operation, `repeats` times over.
  ///
  /// - Throws: ``ModelError/unsupported(_:)``.
  mutating func predict(
    _ operation: GEMMTiming.Operation, repeats: Double = 1
  ) throws(ModelError) -> TimePrediction {
    if operation == .none { return .zero }
    var prediction: TimePrediction
    if let value = known[operation] {
      prediction = value
    } else {
      do { prediction = try timeModel.predict(operation) } catch { throw .unsupported(error) }
      known[operation] = prediction
    }
    prediction.seconds *= repeats
    prediction.low *= repeats
    prediction.high *= repeats
    return prediction
  }
}
