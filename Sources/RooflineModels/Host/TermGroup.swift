/// What some terms of a ``CodePath`` stand for together: an ablation leaves out one group at a time.
enum TermGroup: String, CaseIterable, Sendable {
  // Every path.
  case fixed, tiles, tileStores, operands, narrow, offBoundary, hidden, hiddenOut, cacheSteps, crowded, pagesOut
  // Packing paths.
  case lines, caches, lastCaches, pages, readAgain, packedPanels
  // Products that threads share.
  case meetings, sharedCaches, handedOver, contention, fetchedAhead
  // Direct kernels.
  case overlapped, innerProducts, innerCopies, innerCaches

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
