/// How the operands of a product lie in memory, row by row: A·B, A·Bᵀ, Aᵀ·B or Aᵀ·Bᵀ.
///
/// The extents are those of the product whatever the layout: A·Bᵀ of (m, k, n) reads a B that is stored as n rows of k.
public enum OperandLayout: String, Hashable, Sendable, CaseIterable, Codable {
  /// A·B: a forward product with weights stored as [in, out].
  case nn
  /// A·Bᵀ: a forward product with weights stored as [out, in], as PyTorch's are.
  case nt
  /// Aᵀ·B: the gradient of a weight.
  case tn
  case tt

  /// The layout with A, B or both stored the other way.
  public init(transposesA: Bool, transposesB: Bool) {
    self = transposesA ? (transposesB ? .tt : .tn) : (transposesB ? .nt : .nn)
  }

  /// Whether A is stored as k rows of m.
  public var transposesA: Bool { self == .tn || self == .tt }
  /// Whether B is stored as n rows of k.
  public var transposesB: Bool { self == .nt || self == .tt }

  /// How people write it: `A·Bᵀ`.
  public var formula: String { (transposesA ? "Aᵀ" : "A") + "·" + (transposesB ? "Bᵀ" : "B") }
}
