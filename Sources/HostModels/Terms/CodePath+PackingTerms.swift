/// The terms of packing A and B and of clearing C: an element each, m·k, k·n and m·n.
extension CodePath {
  @inline(__always)
  static func visitPackingTerms(_ cut: BlockCut, _ body: (TermGroup, Double) -> Void) {
    body(.operands, cut.m * cut.k)
    body(.operands, cut.k * cut.n)
    body(.operands, cut.m * cut.n)
  }
}
