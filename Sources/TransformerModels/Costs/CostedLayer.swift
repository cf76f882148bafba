internal import GEMMTiming

/// The operations of one kind of layer with their times.
public struct CostedLayer: Sendable {
  /// How many layers of the model are of this kind.
  public let count: Int
  /// Which they are.
  public let layers: [Range<Int>]
  /// The forward operations.
  public let forward: [CostedOperation]
  /// The backward operations, from the gradient of the layer's output on; empty unless the step trains.
  public let backward: [CostedOperation]

  /// The products of the forward pass in the blocks' order.
  public var gemms: [CostedOperation] { forward.filter { $0.operation.shape != nil } }

  /// The product that takes longest; of equal ones the first, as the document lists them.
  var longestGEMM: CostedOperation? {
    var longest: CostedOperation?
    for gemm in gemms where gemm.prediction.seconds > longest?.prediction.seconds ?? -1 { longest = gemm }
    return longest
  }
}

extension ShardedModel {
  /// Each kind of layer with its times.
  func costed(by costs: inout OperationCosts) throws(ModelError) -> [CostedLayer] {
    var kinds: [CostedLayer] = []
    for (kind, graph) in graphs.enumerated() {
      let ranges = model.stack.ranges(of: kind)
      kinds.append(
        CostedLayer(
          count: ranges.reduce(0) { $0 + $1.count }, layers: ranges, forward: try costs.predict(all: graph.forward),
          backward: try costs.predict(all: graph.backward)))
    }
    return kinds
  }
}

extension OperationCosts {
  fileprivate mutating func predict(all operations: [LayerOperation]) throws(ModelError) -> [CostedOperation] {
    var costed: [CostedOperation] = []
    for operation in operations {
      costed.append(CostedOperation(operation, try predict(operation)))
    }
    return costed
  }
}

extension LayerStack {
  /// The stretches of layers of one kind.
  func ranges(of kind: Int) -> [Range<Int>] {
    var (first, ranges) = (0, [Range<Int>]())
    for run in runs {
      if run.kind == kind { ranges.append(first..<first + run.count) }
      first += run.count
    }
    return ranges
  }
}
