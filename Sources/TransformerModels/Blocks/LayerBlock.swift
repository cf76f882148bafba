/// A part of a layer that takes the residual stream, normed or not, and gives what is added to it.
public protocol LayerPart: Hashable, Sendable {
  /// The same as one of any kind.
  var anyBlock: AnyBlock { get }
}

/// A part as this module knows it.
///
/// A block describes its forward pass only, in the words of ``LayerBuilder``. Backward pass, weights, memory and flops are
/// derived from that.
protocol LayerBlock: LayerPart {
  /// Which part of a layer it is.
  var component: OperationRole.Component { get }

  /// Tells the forward pass of one GPU; its result is a partial sum where tensor parallelism cuts the block.
  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor

  /// Whether its input is the whole sequence: what sequence parallelism cut is gathered before, and cut again behind.
  func takesWholeSequence(_ setting: LayerSetting) -> Bool

  /// Elements of all queries and of all weighted values: what scores of every position would cost.
  var scoreWidth: Int { get }

  /// What a report says of it: names and values.
  var summary: [(name: String, value: String)] { get }

  /// Checks that a plan can cut it, and says what is legal and worth knowing.
  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote]
}

extension LayerBlock {
  /// The same as one of any kind.
  public var anyBlock: AnyBlock { AnyBlock(self) }

  func takesWholeSequence(_ setting: LayerSetting) -> Bool { true }

  var scoreWidth: Int { 0 }
}

extension ParallelPlan {
  /// Checks that context parallelism, which trades positions for heads, cuts a rank's heads evenly.
  func checkContextParallelism(cutsHeads heads: Int) throws(ModelError) {
    guard cp == 1 || (heads / tp).isMultiple(of: cp) else {
      throw .doesNotDivide(divisor: "cp", value: cp, dividend: "heads / tp", of: heads / tp)
    }
  }

  /// Checks that tp cuts a size of a block evenly.
  func checkTensorParallelism(cuts value: Int, _ name: String) throws(ModelError) {
    guard value.isMultiple(of: tp) else {
      throw .doesNotDivide(divisor: "tp", value: tp, dividend: name, of: value)
    }
  }
}

/// Any block, with equality.
public struct AnyBlock: Hashable, Sendable {
  let block: any LayerBlock

  init(_ block: any LayerBlock) { self.block = block }

  /// Blocks of one kind and of equal sizes are equal.
  public static func == (a: AnyBlock, b: AnyBlock) -> Bool { AnyHashable(a.block) == AnyHashable(b.block) }

  /// Hashes the block.
  public func hash(into hasher: inout Hasher) { block.hash(into: &hasher) }
}
