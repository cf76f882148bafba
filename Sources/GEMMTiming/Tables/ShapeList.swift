public import DataFiles

/// Shapes to be measured or predicted, as a file lists them: a CSV with `m,k,n` and optionally `batch`, `dtype`, and for a
/// host `cache`, `trans_a` and `trans_b`.
public struct ShapeList: Hashable, Sendable {
  /// One row of the list.
  public struct Item: Hashable, Sendable {
    /// The shape.
    public var shape: GEMMShape
    /// The element type, where the row names one.
    public var dtype: DataType?

    /// Where the operands are, where the row says so.
    public var cache: TimingRow.CacheState?
    /// How the operands lie, where the row says so.
    public var layout: OperandLayout?

    /// A shape, and what it has of its own.
    public init(
      shape: GEMMShape, dtype: DataType? = nil, cache: TimingRow.CacheState? = nil, layout: OperandLayout? = nil
    ) {
      self.shape = shape
      self.dtype = dtype
      self.cache = cache
      self.layout = layout
    }
  }

  /// The rows in the file's order.
  public var items: [Item]

  /// A list of shapes.
  public init(_ items: [Item]) { self.items = items }

  /// Reads a list; other columns are left alone, so that a timing table is a list of its shapes.
  ///
  /// - Throws: `FileError` with line and column for a missing column or an illegal field, and for a file without rows.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(CSVDocument(contentsOf: path))
  }

  /// Interprets a CSV document as a list of shapes.
  ///
  /// - Throws: `FileError`, as ``init(contentsOf:)``.
  public init(_ document: CSVDocument) throws(FileError) {
    for column in ["m", "k", "n"] { _ = try document.requiredColumn(column) }
    let reader = FieldReader(document: document)
    let hasLayout = ["trans_a", "trans_b"].contains { document.column($0) != nil }
    items = []
    for row in document.rows.indices {
      let layout = OperandLayout(
        transposesA: try reader.flag("trans_a", row), transposesB: try reader.flag("trans_b", row))
      items.append(
        Item(
          shape: try reader.shape(row), dtype: try reader.dtype(row), cache: try reader.word("cache", row),
          layout: hasLayout ? layout : nil))
    }
    if items.isEmpty {
      throw FileError(.malformed, file: document.file, problem: "has no rows", remedy: "add a row a shape")
    }
  }
}
