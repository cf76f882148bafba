public import GEMMTiming

/// Which device's model costs the operations of each stage.
///
/// A stage's exchanges are costed by its own device, a send by the slower one of its two ends.
public struct StageDevices: Sendable {
  private let models: [any GEMMTimeModel]
  /// By stage, the place of the model that costs its passes and of the one that costs its update; empty where one
  /// model costs everything.
  private let ofPasses: [Int]
  private let ofUpdates: [Int]

  /// The same device for every stage.
  public init(_ timeModel: any GEMMTimeModel) {
    self.init(models: [timeModel], ofPasses: [], ofUpdates: [])
  }

  /// A device for each stage: `ofStage` has the place of its model among `models`.
  ///
  /// - Throws: ``ModelError`` for a place that there is not.
  public init(_ models: [any GEMMTimeModel], ofStage: [Int]) throws(ModelError) {
    guard !ofStage.isEmpty, ofStage.allSatisfy(models.indices.contains) else {
      throw .conflict(
        problem: "stages are placed on devices \(ofStage)", remedy: "a device from 0 to \(models.count - 1) is expected"
      )
    }
    self.init(models: models, ofPasses: ofStage, ofUpdates: ofStage)
  }

  private init(models: [any GEMMTimeModel], ofPasses: [Int], ofUpdates: [Int]) {
    self.models = models
    self.ofPasses = ofPasses
    self.ofUpdates = ofUpdates
  }

  /// Checks that there is a device for every stage of a plan, and no further one.
  func validate(_ plan: ParallelPlan) throws(ModelError) {
    guard ofPasses.isEmpty || ofPasses.count == plan.pp else {
      throw .conflict(
        problem: "\(ofPasses.count) stages have a device, and the plan has \(plan.pp) stages",
        remedy: "one device a stage is expected")
    }
  }

  /// The places of the models that cost a stage's passes and its update.
  func place(ofStage stage: Int, isUpdate: Bool) -> Int {
    let places = isUpdate ? ofUpdates : ofPasses
    return places.indices.contains(stage) ? places[stage] : 0
  }

  /// What a stage's operations cost, by place.
  var costs: [OperationCosts] { models.map(OperationCosts.init) }

  /// The model of a stage's device.
  public func model(ofStage stage: Int) -> any GEMMTimeModel { models[place(ofStage: stage, isUpdate: false)] }

  /// The devices' names, each once, in the order of the stages.
  public var name: String {
    var names: [String] = []
    for place in ofPasses.isEmpty ? [0] : ofPasses where !names.contains(models[place].deviceName) {
      names.append(models[place].deviceName)
    }
    return names.joined(separator: " + ")
  }

  /// The same devices with computation that takes `passes[stage]` times as long, and in updates `updates[stage]` times.
  func slowed(passes: [Double], updates: [Double]) -> StageDevices {
    var slowed: [any GEMMTimeModel] = []
    var places: [SlowedPlace: Int] = [:]
    func place(_ original: Int, _ factor: Double) -> Int {
      let key = SlowedPlace(place: original, factor: factor)
      if let known = places[key] { return known }
      slowed.append(SlowedModel(base: models[original], factor: factor))
      places[key] = slowed.count - 1
      return slowed.count - 1
    }
    let (ofPasses, ofUpdates) = (
      passes.indices.map { place(self.place(ofStage: $0, isUpdate: false), passes[$0]) },
      updates.indices.map { place(self.place(ofStage: $0, isUpdate: true), updates[$0]) }
    )
    return StageDevices(models: slowed, ofPasses: ofPasses, ofUpdates: ofUpdates)
  }

  private struct SlowedPlace: Hashable {
    let place: Int
    let factor: Double
  }
}

/// A device whose computation takes a number of times as long; its exchanges are as fast as they were.
struct SlowedModel: GEMMTimeModel {
  let base: any GEMMTimeModel
  let factor: Double

  var deviceName: String { base.deviceName }

  func peakFlops(_ dtype: DataType) -> Double? { base.peakFlops(dtype) }

  func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
    var prediction = try base.predict(operation)
    if case .communication = operation { return prediction }
    prediction.seconds *= factor
    prediction.low *= factor
    prediction.high *= factor
    return prediction
  }
}
