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
    let reader = RowReader(document: document)
    self.init(otherColumns: document.header.filter { !Self.knownColumns.contains($0) })
    rows.reserveCapacity(document.rows.count)
    for index in document.rows.indices { rows.append(try reader.row(index, carrying: otherColumns)) }
    if rows.isEmpty {
      throw FileError(.malformed, file: document.file, problem: "has no rows", remedy: "add measured rows")
    }
  }

  /// The table as CSV text: the columns that gemmcast understands, as far as any row has them, then the others.
  ///
  /// Reading it back gives the same table up to the printed precision of a time (a picosecond).
  public func csv() -> String {
    let optional = TimingTable.optionalColumns.filter { column in rows.contains { column.field($0) != nil } }
    let header = Self.requiredColumns + optional.map(\.name) + otherColumns
    return CSVDocument.serialize(
      header: header,
      rows: rows.lazy.map { row in
        [
          row.device, row.dtype.rawValue, String(row.shape.m), String(row.shape.k), String(row.shape.n),
          String(row.shape.batch), Self.microseconds(row.seconds),
        ] + optional.map { $0.field(row) ?? "" } + otherColumns.map { row.other[$0] ?? "" }
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

  private static let optionalColumns: [(name: String, field: @Sendable (TimingRow) -> String?)] = [
    ("routine", { $0.routine.rawValue }),
    ("time_lo_us", { $0.low.map(microseconds) }),
    ("time_hi_us", { $0.high.map(microseconds) }),
    ("time_min_us", { $0.minimum.map(microseconds) }),
    ("samples", { $0.samples.map(String.init) }),
    ("threads", { $0.threads.map(String.init) }),
    ("cache", { $0.cache?.rawValue }),
  ]
}

/// Turns the fields of one CSV row into a `TimingRow`, with errors that point at the field.
private struct RowReader {
  let document: CSVDocument

  func row(_ index: Int, carrying otherColumns: [String]) throws(FileError) -> TimingRow {
    let shape: GEMMShape
    do {
      shape = try GEMMShape(
        m: integer("m", index), k: integer("k", index), n: integer("n", index), batch: integer("batch", index))
    } catch let error as ShapeError {
      throw failure(index, error.dimension, error.description)
    } catch let error as FileError {
      throw error
    } catch {
      throw document.error(row: index, problem: "\(error)")
    }
    guard let name = field("dtype", index), let dtype = DataType(name: name) else {
      let found = field("dtype", index) ?? "empty"
      throw failure(index, "dtype", "dtype is \(found)", "one of \(DataType.list) is expected")
    }
    guard let device = field("device", index) else {
      throw failure(index, "device", "device is empty", "the name of what was measured is expected")
    }
    guard let seconds = try time("time_us", index) else {
      throw failure(index, "time_us", "time_us is empty", "a time in microseconds is expected")
    }
    var other: [String: String] = [:]
    for column in otherColumns { other[column] = field(column, index) }
    return TimingRow(
      routine: try word("routine", index) ?? .gemm, device: device, dtype: dtype, shape: shape, seconds: seconds,
      low: try time("time_lo_us", index), high: try time("time_hi_us", index),
      minimum: try time("time_min_us", index), samples: try count("samples", index),
      threads: try count("threads", index), cache: try word("cache", index), other: other)
  }

  /// A field's text; nil when the column is absent or the field empty.
  private func field(_ name: String, _ row: Int) -> String? {
    guard let column = document.column(name) else { return nil }
    let text = document.rows[row][column]
    return text.isEmpty ? nil : text
  }

  private func integer(_ name: String, _ row: Int) throws(FileError) -> Int {
    guard let value = field(name, row).flatMap({ Int($0) }) else {
      throw failure(
        row, name, "\(name) is \(field(name, row) ?? "empty")",
        "a whole number from 1 to \(GEMMShape.maximumExtent) is expected")
    }
    return value
  }

  private func count(_ name: String, _ row: Int) throws(FileError) -> Int? {
    guard let text = field(name, row) else { return nil }
    guard let value = Int(text), value > 0 else {
      throw failure(row, name, "\(name) is \(text)", "a whole number above 0 is expected")
    }
    return value
  }

  /// Microseconds in the file, seconds in the program.
  private func time(_ name: String, _ row: Int) throws(FileError) -> Double? {
    guard let text = field(name, row) else { return nil }
    guard let value = Double(text), value.isFinite, value > 0 else {
      throw failure(row, name, "\(name) is \(text)", "a number of microseconds above 0 is expected")
    }
    return value * 1e-6
  }

  private func word<Word: RawRepresentable & CaseIterable>(
    _ name: String, _ row: Int
  ) throws(FileError) -> Word? where Word.RawValue == String {
    guard let text = field(name, row) else { return nil }
    guard let value = Word(rawValue: text) else {
      let legal = Word.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure(row, name, "\(name) is \(text)", "one of \(legal) is expected")
    }
    return value
  }

  private func failure(_ row: Int, _ name: String, _ problem: String, _ remedy: String = "") -> FileError {
    document.error(row: row, column: document.column(name) ?? 0, problem: problem, remedy: remedy)
  }
}
