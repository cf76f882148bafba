/// What some terms of a ``CodePath`` stand for together: an ablation leaves out one group at a time.
enum TermGroup: String, CaseIterable, Sendable {
  // Every path.
  case fixed, tiles, tileStores, operands
  // Packing paths, and products that threads share.
  case caches, meetings, sharedCaches
  // Direct kernels.
  case overlapped, hidden, cacheSteps, hiddenOut, crowded, innerProducts, innerCopies

  /// What time goes to.
  enum Kind { case fixed, compute, memory }

  /// What the time of the group's terms goes to.
  var kind: Kind {
    switch self {
    case .fixed: .fixed
    case .tiles, .overlapped, .innerProducts: .compute
    default: .memory
    }
  }
}
