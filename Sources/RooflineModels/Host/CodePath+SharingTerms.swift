/// What threads pay for sharing a product, beside the part that each computes.
///
/// With M, N the whole extents, T threads, B the blocks of k and n′ the columns of a thread; each thread packs M/T of the
/// rows for all, in two pieces (OpenBLAS's driver/level3/level3_thread.c):
///
///     starting and meeting             1, B
///     packed rows handed over          M·k, M·B, out of each cache
///     the same where a piece lies within its thread's first cache    M·k·in(piece)·in(A): another core's request is
///                                      answered sooner once the lines have moved on; and where both pieces lie within
///                                      a larger one
///     lines of C that two threads write    min(M, w), min(M, w)·B for w = 64, 256, 1024: threads that clear C row by
///                                      row contend for the line between their columns until they drift apart; and once
///                                      where C is larger than it may be for that
///     rows of C short enough for one core to fetch ahead into the other's columns    M·n′·max(0, 1 − n′/x), and M·n′ up
///                                      to x, as far as caches hold the operands
///     operands of all threads out of each cache    M·k, k·N, M·N; C once more by its own size
///
/// On two Emerald Rapids cores, products of 2 to 64 columns take 1.3 to 1.5 times as long a row while a piece lies within
/// 48 KiB; and (300, 8, 1126) takes 118 µs, (300, 8, 1284) 100.
extension CodePath {
  /// Rows over which threads contend for the lines between them.
  private static let contendedRows: [Double] = [64, 256, 1024]
  /// The sizes in bytes of C at which they contend in another way: on two Emerald Rapids cores, from 460 to 490 kB on,
  /// whatever the shape, for 13 to 20 µs longer.
  static let contendedSizes: [Double] = [131_072, 262_144, 458_752, 1_048_576, 2_097_152]
  /// The sizes of caches that keep what threads hand each other and fetch from each other.
  private static let keepingSizes: [Double] = [1e6, 4e6, 16e6]
  /// The sizes of caches that may hold both pieces of a thread.
  private static let handedSizes: [Double] = [262_144, 524_288, 1_048_576, 2_097_152]
  /// Bytes of a thread's part of a row of C into which another core fetches ahead: of which less and less is reached,
  /// and up to which all is.
  private static let fadingReaches: [Double] = [1024, 2560]
  private static let fullReaches: [Double] = [1280, 2560]

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
      for term in [m * k, k * n, m * n, shares * m] { body(.sharedCaches, term * out) }
      let ratio = size / bytesC
      body(.sharedCaches, m * n / (1 + ratio * ratio * ratio * ratio))
    }
    let (handed, piece) = (shares * m * k, pieceBytes(m, k, geometry: geometry, elementSize: elementSize))
    for near in nearEdges {
      let inside = handed * (1 - crowdedOut(piece, near))
      for size in keepingSizes.dropLast() { body(.handedOver, inside * (1 - outside(elementSize * m * k, size))) }
    }
    for size in handedSizes { body(.handedOver, handed * (1 - crowdedOut(2 * piece, size))) }
    let contended = contendsForLines(cut, n, geometry: geometry, elementSize: elementSize) ? 1.0 : 0
    for rows in contendedRows { body(.contention, contended * min(m, rows)) }
    for rows in contendedRows.dropFirst() { body(.contention, contended * min(m, rows) * blocks) }
    for size in contendedSizes { body(.contention, contended * beyond(bytesC, size)) }
    let part = elementSize * cut.n
    for size in keepingSizes {
      let written = shares * m * part * (1 - outside(bytes, size))
      for reach in fadingReaches { body(.fetchedAhead, written * shown(part, below: reach)) }
      for reach in fullReaches { body(.fetchedAhead, written * (1 - beyond(part, reach))) }
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
