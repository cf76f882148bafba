public import DataFiles

extension TimingTable {
  /// Reads a timing table.
  ///
  /// - Throws: `FileError` with line and column for a missing column, an illegal number, an unknown dtype, a time
  ///   that is not positive and finite. Complexity: O(size of the file).
  public init(contentsOf path: String) throws(FileError) {
    try self.init(CSVDocument(contentsOf: path))
  }

  /// Interprets a CSV document as a timing table.
  public init(_ document: CSVDocument) throws(FileError) {
    for column in Self.requiredColumns { _ = try document.requiredColumn(column) }
    let reader = FieldReader(document: document)
    self.init(otherColumns: document.header.filter { !Self.knownColumns.contains($0) })
    rows.reserveCapacity(document.rows.count)
    for index in document.rows.indices { rows.append(try reader.timingRow(index, carrying: otherColumns)) }
    if rows.isEmpty {
      throw FileError(.malformed, file: document.file, problem: "has no rows", remedy: "add measured rows")
    }
  }

  /// The table as CSV text: the columns that gemmcast understands, as far as any row has them, then the others.
  ///
  /// Reading it back gives the same table up to the printed precision of a time (a picosecond). With `allColumns`, those that
  /// no row has something to say in are there too, so that rows can be added.
  public func csv(allColumns: Bool = false) -> String {
    let optional = TimingTable.optionalColumns.filter { column in
      allColumns || rows.contains { column.field($0) != nil }
    }
    let header = Self.requiredColumns + optional.map(\.name) + otherColumns
    return CSVDocument.serialize(
      header: header,
      rows: rows.lazy.map { row in
        [
          row.device, row.dtype.rawValue, String(row.shape.m), String(row.shape.k), String(row.shape.n),
          String(row.shape.batch), Self.microseconds(row.seconds),
        ] + optional.map { $0.field(row) ?? $0.absent } + otherColumns.map { row.other[$0] ?? "" }
      })
  }

  /// Writes the table atomically.
  ///
  /// - Throws: `FileError` of kind `cannotCreate`.
  public func write(to path: String) throws(FileError) {
    try TextFile.write(csv(), to: path)
  }

  /// Seconds as microseconds with six decimals: a picosecond is finer than any clock.
  public static func microseconds(_ seconds: Double) -> String {
    FixedPoint.text(seconds * 1e6, decimals: 6)
  }

  /// Columns that are written where a row has something to say, and what the others say there.
  private static let optionalColumns: [(name: String, field: @Sendable (TimingRow) -> String?, absent: String)] = [
    ("routine", { $0.routine.rawValue }, ""),
    ("time_lo_us", { $0.low.map(microseconds) }, ""),
    ("time_hi_us", { $0.high.map(microseconds) }, ""),
    ("time_min_us", { $0.minimum.map(microseconds) }, ""),
    ("samples", { $0.samples.map(String.init) }, ""),
    ("threads", { $0.threads.map(String.init) }, ""),
    ("cache", { $0.cache?.rawValue }, ""),
    ("trans_a", { $0.layout.transposesA ? "1" : nil }, "0"),
    ("trans_b", { $0.layout.transposesB ? "1" : nil }, "0"),
  ]
}

extension FieldReader {
  /// One row of a timing table.
  fileprivate func timingRow(_ row: Int, carrying otherColumns: [String]) throws(FileError) -> TimingRow {
    var other: [String: String] = [:]
    for column in otherColumns { other[column] = text(column, row) }
    let (low, high) = (try microseconds("time_lo_us", row), try microseconds("time_hi_us", row))
    if let low, let high, low > high {
      throw failure(row, "time_lo_us", "time_lo_us is above time_hi_us", "the ends of an interval are expected")
    }
    return TimingRow(
      routine: try word("routine", row) ?? .gemm,
      device: try required(self.device("device", row), "device", row, expected: "the name of what was measured"),
      dtype: try required(dtype(row), "dtype", row, expected: "one of \(DataType.list)"), shape: try shape(row),
      seconds: try required(microseconds("time_us", row), "time_us", row, expected: "a time in microseconds"), low: low,
      high: high, minimum: try microseconds("time_min_us", row), samples: try count("samples", row),
      threads: try count("threads", row), cache: try word("cache", row),
      layout: OperandLayout(transposesA: try flag("trans_a", row), transposesB: try flag("trans_b", row)), other: other)
  }
}
