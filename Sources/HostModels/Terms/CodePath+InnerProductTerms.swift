/// The terms of the columns that a direct kernel computes as inner products along k.
///
/// With r and b running over the rows and columns of a block, N_r and N_b how many there are, i columns in all, and
/// v = ⌈k/16⌉ the vectors of a row:
///
///     products                     N_r·N_b·v, and N_r·N_b for their sums; k₁ of them with vectors across two lines
///     long ones alone              N_r·N_b·max(0, v − 4)
///     the transposed copy          1, k, i·k, i·(k mod 8), i·k·k₁
extension CodePath {
  @inline(__always)
  static func visitInnerProducts(_ product: DirectProduct, _ body: (TermGroup, Double) -> Void) {
    let (k, inner, vectors) = (product.cut.k, product.cut.innerColumns, product.depthVectors)
    for rows in product.innerRows {
      for columns in product.innerBlocks {
        let count = rows * columns
        body(.innerProducts, count * vectors)
        body(.innerProducts, count)
        body(.innerProducts, count * vectors * product.acrossK)
        body(.innerProducts, count * max(0, vectors - overlappedVectors))
      }
    }
    let any = inner > 0 ? 1.0 : 0
    // The copy goes in steps of eight, the products in steps of a vector.
    for term in [any, any * k, inner * k, inner * k.truncatingRemainder(dividingBy: 8), inner * k * product.acrossK] {
      body(.innerCopies, term)
    }
  }

  /// Vectors up to which a core computes the next block beside one.
  private static let overlappedVectors = 4.0
}
