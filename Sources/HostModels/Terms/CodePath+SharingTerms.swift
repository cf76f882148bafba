/// What threads pay for sharing a product, beside the part that each computes.
///
/// With M, N the whole extents, B the blocks of k, and each thread packing a part of the rows for all (OpenBLAS's
/// driver/level3/level3_thread.c):
///
///     starting and meeting                         1, B
///     packed rows handed over                      M·k, M·B
///     where rows are shared instead of columns     N·B
///     operands of all threads out of each cache    M·k, k·N, M·N; C once more by its own size
extension CodePath {
  /// The sizes in bytes of C at which threads contend for its lines in another way: on two Emerald Rapids cores, from 460 to
  /// 490 kB on, whatever the shape, for 13 to 20 µs longer.
  static let contendedSizes: [Double] = [131_072, 262_144, 458_752, 1_048_576, 2_097_152]

  /// Hands out the terms of one shared product; `m` and `n` are its whole extents.
  @inline(__always)
  static func visitSharingTerms(
    _ cut: BlockCut, _ m: Double, _ n: Double, geometry: BlockGeometry, elementSize: Double,
    _ body: (TermGroup, Double) -> Void
  ) {
    let (k, shares) = (cut.k, cut.sharesColumns ? 1.0 : 0)
    let blocks = geometry.blockCount(k)
    let bytes = elementSize * (m * k + k * n + m * n)
    for term in [shares, shares * blocks, shares * m * k, shares * m * blocks, (1 - shares) * n * blocks] {
      body(.meetings, term)
    }
    let bytesC = elementSize * m * n
    for size in cacheSizes.dropFirst() {
      let out = outside(bytes, size)
      for term in [m * k, k * n, m * n] { body(.sharedCaches, term * out) }
      let ratio = size / bytesC
      body(.sharedCaches, m * n / (1 + ratio * ratio * ratio * ratio))
    }
  }

  /// Whether threads write the same lines of C; where every thread's columns are whole lines, no line has two writers.
  static func contendsForLines(_ cut: BlockCut, _ n: Double, geometry: BlockGeometry, elementSize: Double) -> Bool {
    let lines = lineBytes / elementSize * Double(geometry.sharing)
    return cut.sharesColumns && n != (n / lines).rounded(.down) * lines
  }

  /// Bytes of one of the two pieces in which a thread packs its rows of a block.
  static func pieceBytes(_ m: Double, _ k: Double, geometry: BlockGeometry, elementSize: Double) -> Double {
    let rows = (m / (2 * Double(geometry.sharing))).rounded(.up)
    return elementSize * rows * geometry.blockDepth(k)
  }
}
