/// How large the graph of a step is, before it is built.
public struct StepSize: Hashable, Sendable {
  /// Operations of all stages and micro-batches, to a few percent.
  public let operations: Double

  /// Counts a step's operations without laying them out.
  ///
  /// O(operations of a layer).
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public init(model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()) throws(ModelError) {
    self.init(try ShardedModel(model: model, plan: plan, options: options), microBatches: plan.microBatches)
  }

  init(_ sharded: ShardedModel, microBatches: Int) {
    let (plan, options) = (sharded.plan, sharded.options)
    let layers = zip(sharded.model.stack.counts, sharded.graphs).reduce(0) {
      $0 + Double($1.0) * Double($1.1.forward.count + $1.1.backward.count + 1)
    }
    // A pass begins and ends with a few operations of its own.
    let passes = plan.pp * options.chunks * (options.work == .training ? 2 : 1)
    operations = Double(microBatches) * (layers + 4 * Double(passes))
  }

  /// The most operations of which a graph is built: node numbers have 31 bits.
  public static let largest = Int(Int32.max)

  /// Seconds that a forecast of the step takes, very roughly: 1 µs for each operation.
  public var seconds: Double { operations * 1e-6 }

  /// Bytes that a forecast of the step takes, roughly: 70 for each operation.
  public var bytes: Double { operations * 70 }
}
