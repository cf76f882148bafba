public import GEMMTiming

/// The output tiles that a device's GEMM kernels come in for some element types.
public struct TileFamily: Hashable, Sendable {
  /// One kernel's share of C for one thread block.
  public struct Shape: Hashable, Sendable {
    /// Rows of C.
    public let m: Int
    /// Columns of C.
    public let n: Int

    /// A tile of `m` × `n` elements.
    public init(m: Int, n: Int) {
      self.m = m
      self.n = n
    }
  }

  /// The element types that these kernels serve.
  public let dtypes: [DataType]
  /// The tiles to choose from.
  public let shapes: [Shape]
  /// How far k is padded: the depth of one main-loop step in elements.
  public let depth: Int
  /// Where the list is from.
  public let source: String

  /// Describes a family; the reader of device files checks that every extent is positive.
  public init(dtypes: [DataType], shapes: [Shape], depth: Int, source: String) {
    self.dtypes = dtypes
    self.shapes = shapes
    self.depth = depth
    self.source = source
  }
}
