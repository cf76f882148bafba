internal import GEMMTiming

/// The queues of a stage's GPUs: each runs one operation at a time, in the order in which they are launched.
public enum Stream: Int, Sendable, CaseIterable {
  case compute
  /// Exchanges within the tensor-parallel group.
  case tensor
  /// Exchanges between the GPUs that share a sequence.
  case context
  /// Exchanges of tokens between GPUs that share the experts out.
  case expert
  /// Sends to neighbouring stages.
  case pipeline
  /// Exchanges between replicas.
  case data
  /// The host, which launches operations one by one.
  case host
}

/// One operation of a pass, in one part of the model; every micro-batch shares it.
struct PassOperation: Sendable {
  let operation: LayerOperation
  let prediction: TimePrediction
  /// The layer counted from the part's first; nil outside the layers.
  let layer: Int?
  let stream: Stream?
  /// Positions in the same pass.
  let dependencies: [Int]
}

/// One pass through one part of the model: what a cell of the schedule consists of.
struct PassTemplate: Sendable {
  private(set) var operations: [PassOperation] = []
  /// The operation that takes what the pass receives from its neighbour.
  var entry = 0
  /// The operation that hands its result on.
  var exit = 0
  /// The operation that completes the result, before it is sent anywhere.
  var result = 0

  /// Operations that wait for the last gradients of one layer, in whatever pass those are made.
  var awaited: [AwaitedGradients] = []

  /// Gradients of the `layer`-th layer of a stage's `chunk`-th part.
  struct AwaitedGradients: Sendable {
    /// The operation that waits.
    let position: Int
    let chunk: Int
    let layer: Int
  }

  /// The places where a layer's gradients are added to the sums.
  func gradientSums(ofLayer layer: Int) -> [Int] {
    operations.indices.filter { operations[$0].layer == layer && operations[$0].operation.role.isGradientSum }
  }

  /// Adds an operation after those it depends on; returns its position.
  mutating func add(_ operation: PassOperation) -> Int {
    operations.append(operation)
    return operations.count - 1
  }

  /// Adds time that launching takes on one of the streams; returns its position.
  @discardableResult
  mutating func addLaunch(
    seconds: Double, spread: Double, layer: Int, stream: Stream, after dependencies: [Int]
  ) -> Int {
    add(
      PassOperation(
        operation: LayerOperation(.dispatch, .forward, .none, after: []),
        prediction: TimePrediction(
          seconds: seconds, low: seconds / spread, high: seconds * spread, bound: .latency, source: .specification),
        layer: layer, stream: stream, dependencies: dependencies))
  }

  var dependencyCount: Int { operations.reduce(0) { $0 + $1.dependencies.count } }

  /// The operations on which nothing in the pass depends.
  var ends: [Int] {
    var isEnd = [Bool](repeating: true, count: operations.count)
    for operation in operations { for earlier in operation.dependencies { isEnd[earlier] = false } }
    return operations.indices.filter { isEnd[$0] }
  }
}
