/// The terms of the columns that a direct kernel computes as inner products along k.
///
/// With r and b running over the rows and columns of a block, N_r and N_b how many there are, i columns in all, and
/// v = ⌈k/16⌉ the vectors of a row:
///
///     products                     N_r·N_b·v, and N_r·N_b for their sums; k₁ of them with vectors across two lines
///     long ones alone              N_r·N_b·max(0, v − x) for x = 4, 16
///     the transposed copy          1, k, i·k, i·(k mod 8), i·k·k₁; out of the first cache by the bytes of B and of the copy
///     copied columns again         N_r·N_b·b·v by the bytes of a block's rows and columns
///     A for each block             N_b·m·v·k₁ out of each cache
extension CodePath {
  @inline(__always)
  static func visitInnerProducts(_ product: DirectProduct, _ body: (TermGroup, Double) -> Void) {
    let (k, n, inner) = (product.cut.k, product.cut.n, product.cut.innerColumns)
    let (rows, blocks, vectors) = (product.innerRows, product.innerBlocks, product.depthVectors)
    for rows in rows {
      for columns in blocks {
        let count = rows * columns
        body(.innerProducts, count * vectors)
        body(.innerProducts, count)
        body(.innerProducts, count * vectors * product.acrossK)
        for depth in overlappedVectors { body(.innerProducts, count * max(0, vectors - depth)) }
      }
    }
    let any = inner > 0 ? 1.0 : 0
    body(.innerCopies, any)
    // The copy goes in steps of eight, the products in steps of a vector.
    for term in [any * k, inner * k, inner * k.truncatingRemainder(dividingBy: 8), inner * k * product.acrossK] {
      body(.innerCopies, term)
    }
    let copied = product.elementSize * inner * k
    for size in [halfOfNearest] + nearEdges {
      let outside = crowdedOut(copied + product.bytesB, size)
      for term in [inner * k * outside, any * k * outside] { body(.innerCaches, term) }
      body(.innerCaches, any * k * crowdedOut(product.bytesB, size) * min(1, n / BlockGeometry.vectorColumns))
    }
    for (width, columns) in zip(DirectProduct.innerWidths, blocks) {
      let block = Double(width + BlockGeometry.innerRows[0]) * product.elementSize * k
      for size in nearEdges {
        let outside = crowdedOut(block, size)
        for rows in rows { body(.innerCaches, rows * columns * Double(width) * vectors * outside) }
      }
    }
    let across = product.innerCount * product.cut.m * vectors * product.acrossK
    for size in nearEdges + rowEdges { body(.innerCaches, across * beyond(product.bytesA, size)) }
  }

  /// Vectors up to which a core computes the next block beside one.
  private static let overlappedVectors: [Double] = [4, 16]
  private static let halfOfNearest = 16384.0
  /// The sizes in bytes of second-level caches that rows of A leave.
  private static let rowEdges: [Double] = [1_048_576, 2_097_152]
}
