/// What threads pay for sharing a product, beside the part that each computes.
///
/// With M and N the whole extents, and each thread packing a part of the rows for all (OpenBLAS's
/// driver/level3/level3_thread.c):
///
///     operands of all threads out of each cache    M·k, k·N, M·N; C once more by its own size
extension CodePath {
  /// The sizes in bytes of C at which threads contend for its lines in another way: on two Emerald Rapids cores, from 460 to
  /// 490 kB on, whatever the shape, for 13 to 20 µs longer.
  static let contendedSizes: [Double] = [131_072, 262_144, 458_752, 1_048_576, 2_097_152]

  /// Hands out the terms of one shared product; `m` and `n` are its whole extents.
  @inline(__always)
  static func visitSharingTerms(
    _ cut: BlockCut, _ m: Double, _ n: Double, elementSize: Double, _ body: (TermGroup, Double) -> Void
  ) {
    let k = cut.k
    let bytes = elementSize * (m * k + k * n + m * n)
    let bytesC = elementSize * m * n
    for size in cacheSizes.dropFirst() {
      let out = outside(bytes, size)
      body(.sharedCaches, m * k * out)
      body(.sharedCaches, k * n * out)
      body(.sharedCaches, m * n * out)
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
