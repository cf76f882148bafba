public import DataFiles

/// Typed access to the fields of a CSV's rows, with errors that point at the field and say what would be right.
///
/// An absent column and an empty field are both nil: a missing value.
public struct FieldReader: Sendable {
  /// The document that is read.
  public let document: CSVDocument

  /// A reader of a document's rows.
  public init(document: CSVDocument) { self.document = document }

  /// A field's text; nil when the column is absent or the field empty.
  public func text(_ name: String, _ row: Int) -> String? {
    guard let column = document.column(name) else { return nil }
    let text = document.rows[row][column]
    return text.isEmpty ? nil : text
  }

  /// A value that must be there.
  ///
  /// - Parameters:
  ///   - value: what was read of the field.
  ///   - name: the column.
  ///   - row: the row, from 0.
  ///   - expected: what would be right: `a time in microseconds`.
  /// - Returns: `value`.
  /// - Throws: `FileError` at the field when `value` is nil.
  public func required<Value>(
    _ value: Value?, _ name: String, _ row: Int, expected: String
  ) throws(FileError) -> Value {
    if let value { return value }
    throw failure(row, name, "\(name) is empty", "\(expected) is expected")
  }

  /// The extents `m,k,n` and, where the column is there, `batch` (else 1).
  ///
  /// - Throws: `FileError` at a field that is no whole number from 1 to ``GEMMShape/maximumExtent``.
  public func shape(_ row: Int) throws(FileError) -> GEMMShape {
    let extents = (
      m: try extent("m", row), k: try extent("k", row), n: try extent("n", row),
      batch: document.column("batch") == nil ? 1 : try extent("batch", row)
    )
    do {
      return try GEMMShape(m: extents.m, k: extents.k, n: extents.n, batch: extents.batch)
    } catch {
      throw failure(row, error.dimension, error.description)
    }
  }

  /// The element type; nil when it is missing.
  ///
  /// - Throws: `FileError` for a name that is none.
  public func dtype(_ row: Int) throws(FileError) -> DataType? {
    guard let name = text("dtype", row) else { return nil }
    if let dtype = DataType(name: name) { return dtype }
    throw failure(row, "dtype", "dtype is \(VisibleText.cut(name))", "one of \(DataType.list) is expected")
  }

  /// A whole number above 0; nil when it is missing.
  ///
  /// - Throws: `FileError` for anything else.
  public func count(_ name: String, _ row: Int) throws(FileError) -> Int? {
    guard let text = text(name, row) else { return nil }
    if let value = DecimalNumber.integer(text), value > 0 { return value }
    throw failure(row, name, "\(name) is \(VisibleText.cut(text))", "a whole number above 0 is expected")
  }

  /// The times that a table can hold, in microseconds: from a picosecond, the last digit that is written, to 30 years.
  public static let microsecondRange = 1e-6...1e15

  /// A time in seconds of a field in microseconds; nil when it is missing.
  ///
  /// - Throws: `FileError` unless it is a decimal number in ``microsecondRange``.
  public func microseconds(_ name: String, _ row: Int) throws(FileError) -> Double? {
    guard let text = text(name, row) else { return nil }
    guard let value = DecimalNumber.double(text), value > 0 else {
      throw failure(
        row, name, "\(name) is \(VisibleText.cut(text))", "a number of microseconds above 0 is expected")
    }
    guard Self.microsecondRange.contains(value) else {
      throw failure(
        row, name, "\(name) is \(VisibleText.cut(text))", "from 0.000001 to 1e15 microseconds are expected")
    }
    return value * 1e-6
  }

  /// The name of a device; nil when it is missing.
  ///
  /// - Throws: `FileError` for a name that would be something else in another program.
  public func device(_ name: String, _ row: Int) throws(FileError) -> String? {
    guard let text = text(name, row) else { return nil }
    if let problem = DeviceNames.problem(with: text) { throw failure(row, name, problem, DeviceNames.remedy) }
    return text
  }

  /// One of a set of words; nil when it is missing.
  ///
  /// - Throws: `FileError` that lists the words.
  public func word<Word: RawRepresentable & CaseIterable>(
    _ name: String, _ row: Int
  ) throws(FileError) -> Word? where Word.RawValue == String {
    guard let text = text(name, row) else { return nil }
    if let value = Word(rawValue: text) { return value }
    let legal = Word.allCases.map(\.rawValue).joined(separator: ", ")
    throw failure(row, name, "\(name) is \(VisibleText.cut(text))", "one of \(legal) is expected")
  }

  /// Whether a field says 1; a missing value says 0.
  ///
  /// - Throws: `FileError` for anything but 0 and 1.
  public func flag(_ name: String, _ row: Int) throws(FileError) -> Bool {
    switch text(name, row) {
    case nil, "0": return false
    case "1": return true
    case .some(let text): throw failure(row, name, "\(name) is \(VisibleText.cut(text))", "0 or 1 is expected")
    }
  }

  private func extent(_ name: String, _ row: Int) throws(FileError) -> Int {
    if let value = text(name, row).flatMap(DecimalNumber.integer) { return value }
    throw failure(
      row, name, "\(name) is \(VisibleText.cut(text(name, row) ?? "empty"))",
      "a whole number from 1 to \(GEMMShape.maximumExtent) is expected")
  }

  /// An error at a field.
  public func failure(_ row: Int, _ name: String, _ problem: String, _ remedy: String = "") -> FileError {
    document.error(row: row, column: document.column(name) ?? 0, problem: problem, remedy: remedy)
  }
}
