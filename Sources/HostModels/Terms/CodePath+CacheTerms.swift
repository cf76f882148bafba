/// The terms of operands that come from beyond a cache: x / (1 + (size/bytes)²) for x = m·k, k·n and m·n.
///
/// `bytes` is the compulsory traffic. The sizes are a ladder and not this machine's caches: the fit finds out which matter.
extension CodePath {
  /// The sizes in bytes around which an operand is taken to leave a cache.
  static let cacheSizes: [Double] = [32e3, 256e3, 1e6, 4e6, 16e6, 32e6]

  @inline(__always)
  static func visitCacheTerms(_ cut: BlockCut, bytes: Double, _ body: (TermGroup, Double) -> Void) {
    for size in cacheSizes {
      let outside = outside(bytes, size)
      body(.caches, cut.m * cut.k * outside)
      body(.caches, cut.k * cut.n * outside)
      body(.caches, cut.m * cut.n * outside)
    }
  }
}
