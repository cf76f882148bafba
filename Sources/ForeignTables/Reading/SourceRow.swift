internal import DataFiles
internal import GEMMTiming

/// One row of a foreign table: fields by column name, and errors that point at them.
struct SourceRow {
  /// The position of each column.
  let columns: [String: Int]
  /// The fields by position.
  let fields: [String]
  /// The row's line, where it is known.
  let line: Int?
  /// The line of talk right above the row's header, and the header's line.
  var heading: (above: String, header: String) = ("", "")
  /// An error at a position, or at the whole row: problem and remedy.
  let fail: (Int?, String, String) -> FileError

  /// A field; nil when the column is absent or the field empty.
  subscript(_ name: String) -> String? {
    guard let index = columns[name], fields.indices.contains(index), !fields[index].isEmpty else { return nil }
    return fields[index]
  }

  /// An error at a field.
  func failure(_ name: String, _ problem: String, _ remedy: String = "") -> FileError {
    fail(columns[name], problem, remedy)
  }

  /// A field that must be there.
  func required(_ name: String) throws(FileError) -> String {
    if let text = self[name] { return text }
    throw failure(name, "\(name) is \(columns[name] == nil ? "missing" : "empty")", "a value is expected")
  }

  /// A whole number from `minimum` to the largest extent.
  func whole(_ name: String, minimum: Int = 1) throws(FileError) -> Int {
    let text = try required(name)
    guard let value = Int(text), (minimum...GEMMShape.maximumExtent).contains(value) else {
      throw failure(
        name, "\(name) is \(text)", "a whole number from \(minimum) to \(GEMMShape.maximumExtent) is expected")
    }
    return value
  }

  /// A number above 0.
  func positive(_ name: String) throws(FileError) -> Double {
    let text = try required(name)
    guard let value = Double(text), value.isFinite, value > 0 else {
      throw failure(name, "\(name) is \(text)", "a number above 0 is expected")
    }
    return value
  }

  /// The shape whose extents stand in the columns named; `batch` is 1 where there is no such column.
  func shape(m: String, k: String, n: String, batch: String? = nil) throws(FileError) -> GEMMShape {
    let extents = (
      m: try whole(m), k: try whole(k), n: try whole(n),
      batch: try batch.flatMap { columns[$0] == nil ? nil : $0 }.map { name throws(FileError) in try whole(name) } ?? 1
    )
    return try shape(extents.m, extents.k, extents.n, extents.batch)
  }

  /// A shape that follows from the row.
  func shape(_ m: Int, _ k: Int, _ n: Int, _ batch: Int = 1) throws(FileError) -> GEMMShape {
    do {
      return try GEMMShape(m: m, k: k, n: n, batch: batch)
    } catch {
      throw fail(nil, error.description, "")
    }
  }

  /// Holds two figures of the row for the same quantity against each other: a wrong unit or a swapped extent shows.
  ///
  /// - Parameters:
  ///   - name: the column to blame.
  ///   - given: what the row says.
  ///   - expected: what its other columns say.
  ///   - tolerance: the relative difference that rounding explains.
  ///   - remedy: what the figures should be.
  /// - Throws: `FileError` at the column to blame.
  func check(
    _ name: String, _ given: Double, against expected: Double, tolerance: Double, _ remedy: String
  ) throws(FileError) {
    guard abs(given - expected) <= tolerance * expected else {
      throw failure(name, "\(name) does not fit the row's other figures, which give \(Float(expected))", remedy)
    }
  }
}

extension SourceRow {
  /// The rows of a CSV file, whose header must hold known columns alone; `times` names those that times are read from.
  static func rows(
    _ source: SourceText, isKnown: (String) -> Bool, required: [String], times: String, ignoring ignored: Set<String>
  ) throws(FileError) -> [SourceRow] {
    let (text, shifts) = source.unprefixed
    let document: CSVDocument
    do {
      document = try CSVDocument(text: text, file: source.file)
      for name in required { _ = try document.requiredColumn(name) }
    } catch { throw shifted(error, by: shifts) }
    let words = SourceText.fields(source.lines.first { !$0.text.allSatisfy(\.isWhitespace) }?.text ?? "")
    for (index, name) in document.header.enumerated()
    where !isKnown(name) && !UnknownColumn.isHarmless(name, at: index) && !ignored.contains(name) {
      throw UnknownColumn(name: name, position: index, times: times).error(
        source, line: 1, column: words.indices.contains(index) ? words[index].column : nil)
    }
    var columns: [String: Int] = [:]
    for (index, name) in document.header.enumerated() { columns[name] = index }
    return document.rows.indices.map { row in
      SourceRow(columns: columns, fields: document.rows[row], line: document.error(row: row, problem: "").line) {
        if let column = $0 {
          return shifted(document.error(row: row, column: column, problem: $1, remedy: $2), by: shifts)
        }
        return document.error(row: row, problem: $1, remedy: $2)
      }
    }
  }

  /// An error in a text without what a launcher put in front, at its place in the file.
  private static func shifted(_ error: FileError, by shifts: [Int]) -> FileError {
    var error = error
    if let line = error.line, shifts.indices.contains(line), let column = error.column {
      error.column = column + shifts[line]
    }
    return error
  }
}
