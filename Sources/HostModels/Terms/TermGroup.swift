/// What some terms of a ``CodePath`` stand for together: an ablation leaves out one group at a time.
enum TermGroup: String, CaseIterable, Sendable {
  // Every path.
  case fixed, tiles, operands
  // Packing paths, and products that threads share.
  case caches, sharedCaches
  // Direct kernels.
  case hidden, hiddenOut, innerProducts, innerCopies

  /// What the group's terms count, in a report's words.
  var title: String {
    switch self {
    case .fixed: "fixed costs"
    case .tiles: "multiply-adds of tiles"
    case .operands: "packing and clearing"
    case .caches: "operands beyond caches"
    case .sharedCaches: "threads' operands beyond caches"
    case .hidden: "stores that show"
    case .hiddenOut: "fetches that show"
    case .innerProducts: "inner products"
    case .innerCopies: "transposed copies"
    }
  }

  /// What time goes to.
  enum Kind { case fixed, compute, memory }

  /// What the time of the group's terms goes to.
  var kind: Kind {
    switch self {
    case .fixed: .fixed
    case .tiles, .innerProducts: .compute
    default: .memory
    }
  }
}
