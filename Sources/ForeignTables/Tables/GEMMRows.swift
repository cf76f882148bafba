internal import DataFiles
internal import GEMMTiming

/// Gathers the GEMM rows of a foreign file into a timing table.
///
/// On m, k, n and layouts: BLAS, CUTLASS and rocBLAS call a product C[m×n] = op(A)[m×k] · op(B)[k×n] whatever the
/// memory layout, so their m, k and n are gemmcast's, read by name and never by position. Column-major storage and
/// transposed operands change which of A's and B's dimensions lies contiguous, not the extents; they are carried along
/// as `layout`.
struct GEMMRows {
  private let source: SourceText
  private let givenType: DataType?
  private var naming: DeviceNaming
  private var table = TimingTable()
  /// What tells a row's solution from others of the same GEMM, where that is known.
  private var solutions: [String?] = []
  private(set) var leftOut = LeftOutRows()

  init(_ source: SourceText, _ options: ImportOptions) {
    self.source = source
    givenType = options.dtype
    naming = DeviceNaming(options, source)
  }

  /// Adds a row.
  ///
  /// `other` and `tags` are columns to carry along, in order; `solution` tells apart what a library tried on one GEMM.
  mutating func add(
    _ row: SourceRow, device: String? = nil, dtype: DataType, shape: GEMMShape, seconds: Double,
    minimum: Double? = nil, other: KeyValuePairs<String, String?>, tags: [(name: String, value: String)] = [],
    solution: String? = nil
  ) throws(FileError) {
    if let givenType, givenType != dtype {
      throw row.fail(
        nil, "the element type is \(dtype.rawValue) in the file, \(givenType.rawValue) on the command line",
        "give --dtype only where the file names no type")
    }
    let name = try naming.device(device) { row.failure("device", $0, $1) }
    var carried: [String: String] = [:]
    if let device, device != name { carry("source_device", device, &carried) }
    for (column, value) in other { if let value { carry(column, value, &carried) } }
    for (column, value) in tags { carry(column, value, &carried) }
    solutions.append(solution)
    table.rows.append(
      TimingRow(device: name, dtype: dtype, shape: shape, seconds: seconds, minimum: minimum, other: carried))
  }

  private mutating func carry(_ column: String, _ value: String, _ carried: inout [String: String]) {
    if !table.otherColumns.contains(column) { table.otherColumns.append(column) }
    carried[column] = value
  }

  /// The element type that a tool names in a column; nil when the row was left out, as the type is none of ours.
  ///
  /// - Parameters:
  ///   - row: the row.
  ///   - column: the column.
  ///   - name: what of the column names the type.
  ///   - type: what the tool's names come to.
  ///   - names: all names that the tool is known to use.
  /// - Returns: the type, or nil.
  /// - Throws: `FileError` at the column for another name.
  mutating func elementType(
    _ row: SourceRow, _ column: String, name: (String) -> String = { $0 }, type: (String) -> ForeignType,
    names: [String]
  ) throws(FileError) -> DataType? {
    let name = name(try row.required(column))
    switch type(name) {
    case .known(let dtype): return dtype
    case .foreign:
      leaveOut(row, "\(name) has no counterpart here")
      return nil
    case .unknown:
      throw row.failure(
        column, "\(column) is \(name)", "one of \(names.joined(separator: ", ")) is expected")
    }
  }

  /// The element type that both operands have; nil when the row was left out.
  mutating func elementType(
    _ row: SourceRow, operands: [String], name: (String) -> String = { $0 }, type: (String) -> ForeignType,
    names: [String]
  ) throws(FileError) -> DataType? {
    var common: DataType?
    for operand in operands {
      guard let dtype = try elementType(row, operand, name: name, type: type, names: names) else { return nil }
      guard common == nil || common == dtype else {
        leaveOut(row, "A and B have different types")
        return nil
      }
      common = dtype
    }
    return common
  }

  /// Leaves a row out.
  mutating func leaveOut(_ row: SourceRow, _ reason: String) { leftOut.add(reason, line: row.line) }

  /// Keeps the fastest of the rows that agree in device, type, shape and the columns named; all of them where one
  /// solution was measured again and again.
  mutating func keepFastest(alike columns: [String], reason: String) {
    struct Key: Hashable {
      let device: String
      let dtype: DataType
      let shape: GEMMShape
      let other: [String?]
    }
    func key(_ row: TimingRow) -> Key {
      Key(device: row.device, dtype: row.dtype, shape: row.shape, other: columns.map { row.other[$0] })
    }
    var groups: [Key: [Int]] = [:]
    for (index, row) in table.rows.enumerated() { groups[key(row), default: []].append(index) }
    var kept: Set<Int> = []
    for group in groups.values {
      let tried = Set(group.map { solutions[$0] })
      let fastest = group.min { table.rows[$0].seconds < table.rows[$1].seconds }
      kept.formUnion(tried.count == 1 && tried != [nil] ? group : [fastest].compactMap { $0 })
    }
    for index in table.rows.indices where !kept.contains(index) { leftOut.add(reason, line: nil) }
    solutions = table.rows.indices.filter(kept.contains).map { solutions[$0] }
    table.rows = table.rows.indices.filter(kept.contains).map { table.rows[$0] }
  }

  /// The finished table.
  ///
  /// - Throws: `FileError` when there is no row.
  func finish(notes: [String] = []) throws(FileError) -> ForeignTable {
    guard !table.rows.isEmpty else { throw leftOut.nothingLeft(source.file) }
    return ForeignTable(.gemms(table), leftOut: leftOut, notes: notes)
  }
}

/// What a tool's name for an element type comes to.
enum ForeignType {
  case known(DataType)
  /// A type that the tool has and gemmcast does not.
  case foreign
  /// No name that the tool is known to use.
  case unknown
}
