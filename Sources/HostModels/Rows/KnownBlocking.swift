internal import GEMMTiming

/// What a library's source says of its blocking, for those that a table names in its columns `library` and `kernel`.
///
/// Times alone tell the depth of a packed block badly: one more block costs a pass over C, a few per cent of a product,
/// and a fit that is a block wrong misses that where C is large and the product lies beyond the measured ones.
enum KnownBlocking {
  /// The depth in k of a packed block of fp32: SGEMM_DEFAULT_Q in OpenBLAS's param.h, 0.3.21.
  private static let depths = [
    "haswell": 320, "zen": 320, "skylakex": 448, "cooperlake": 320, "sapphirerapids": 320,
  ]

  /// The depth that all GEMM rows have; nil where a row names no library that is known, or rows name several.
  ///
  /// O(rows).
  static func depth(of rows: [TimingRow]) -> Int? {
    var found: Int?
    for row in rows where row.routine == .gemm {
      guard row.dtype == .fp32, row.other["library"]?.hasPrefix("OpenBLAS 0.3.") == true,
        let kernel = row.other["kernel"], let depth = depths[kernel.lowercased()], found == nil || found == depth
      else { return nil }
      found = depth
    }
    return found
  }
}
