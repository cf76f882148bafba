/// The terms of a path: what a blocked GEMM does, so many times over.
///
/// With a and b running over the panel widths of ``BlockGeometry``, Nₐ and N_b the number of panels of the busiest thread
/// (``BlockCut``), m, k, n its part, and B = ⌈k/depth⌉, a path that packs has
///
///     fixed costs            1, m, n, k, B                      below
///     register tiles         Nₐ·N_b·k                           `CodePath+TileTerms`
///     packing and clearing   m·k, k·n, m·n                      `CodePath+PackingTerms`
///     operands beyond caches x / (1 + (size/bytes)²)            `CodePath+CacheTerms`
///     threads' sharing                                          `CodePath+SharingTerms`
///
/// and a path that computes where operands lie has those of `CodePath+DirectTerms` and `CodePath+InnerProductTerms`.
/// <doc:HostModel> tells what each group brings, and what was tried and dropped.
extension CodePath {
  /// Hands out the terms of one shape, one after the other, always as many for one geometry.
  @inline(__always)
  static func visitTerms(
    m wholeM: Double, k: Double, n wholeN: Double, geometry: BlockGeometry, elementSize: Double,
    _ body: (TermGroup, Double) -> Void
  ) {
    let cut = BlockCut(m: wholeM, k: k, n: wholeN, geometry: geometry)
    body(.fixed, 1)
    body(.fixed, cut.m)
    body(.fixed, cut.n)
    body(.fixed, k)
    if geometry.rest == .innerProducts {
      visitDirectTerms(cut, elementSize: elementSize, body)
      return
    }
    body(.fixed, geometry.blockCount(k))
    visitTileTerms(cut, body)
    visitPackingTerms(cut, body)
    visitCacheTerms(cut, bytes: elementSize * (wholeM * k + k * wholeN + wholeM * wholeN), body)
    if geometry.sharing > 1 {
      visitSharingTerms(cut, wholeM, wholeN, elementSize: elementSize, body)
    }
  }
}
