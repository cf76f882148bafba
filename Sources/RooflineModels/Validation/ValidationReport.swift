public import DataFiles
public import GEMMTiming

/// Measured times beside predicted ones.
public struct ValidationReport: Sendable {
  /// Statistics of the rows of one device, label and size class.
  public struct Group: Sendable {
    /// The device; nil for all devices together.
    public let device: String?
    /// What was measured; nil for everything together.
    public let label: String?
    /// The size class; nil for all sizes together.
    public let sizeClass: String?
    /// The statistics.
    public let statistics: ErrorStatistics

    /// Whether a row counts in the group.
    public func holds(_ row: ValidationRow) -> Bool {
      (device == nil || row.device == device) && (label == nil || row.label == label)
        && (sizeClass == nil || row.sizeClass == sizeClass)
    }
  }

  /// What the measured file's rows are.
  public let kind: MeasuredTable.Kind
  /// The measured file.
  public let document: CSVDocument
  /// The measured times with their predictions, in the file's order.
  public let rows: [ValidationRow]

  /// Rows of a file with predictions that are made already.
  public init(_ document: CSVDocument, kind: MeasuredTable.Kind, rows: [ValidationRow]) {
    (self.document, self.kind, self.rows) = (document, kind, rows)
  }

  /// Predicts every row of a file.
  ///
  /// - Parameters:
  ///   - table: the measured file.
  ///   - model: gives the model of a device by the name that the file uses, for the software that its `variant` column
  ///     names; asked once for each pair of them.
  /// - Throws: what `model` throws, and `FileError` at the row whose operation the device cannot do.
  public init(
    _ table: MeasuredTable, model: (_ device: String, _ variant: String?) throws(FileError) -> any GEMMTimeModel
  ) throws(FileError) {
    var models: [String: any GEMMTimeModel] = [:]
    var rows: [ValidationRow] = []
    rows.reserveCapacity(table.entries.count)
    for entry in table.entries {
      let key = entry.device + "\n" + (entry.variant ?? "")
      let chosen: any GEMMTimeModel
      if let known = models[key] {
        chosen = known
      } else {
        chosen = try model(entry.device, entry.variant)
        models[key] = chosen
      }
      do {
        rows.append(ValidationRow(entry, try chosen.predict(entry.operation)))
      } catch {
        throw table.document.error(row: entry.row, problem: error.description)
      }
    }
    self.init(table.document, kind: table.kind, rows: rows)
  }

  /// The devices in order of appearance.
  public var devices: [String] {
    var seen: Set<String> = []
    return rows.compactMap { seen.insert($0.device).inserted ? $0.device : nil }
  }

  /// Statistics over all rows.
  public var overall: ErrorStatistics? { statistics { _ in true } }

  /// Statistics of the rows that `isIncluded` accepts; nil when it accepts none.
  public func statistics(_ isIncluded: (ValidationRow) -> Bool) -> ErrorStatistics? {
    Self.statistics(rows.filter(isIncluded))
  }

  private static func statistics(_ rows: [ValidationRow]) -> ErrorStatistics? {
    ErrorStatistics(rows.map { ($0.measured, $0.predicted, $0.low, $0.high) })
  }

  /// Statistics by device and label in order of appearance, each followed by its size classes, and of all rows at the
  /// end.
  public var groups: [Group] {
    struct Key: Hashable { var device, label: String }
    var order: [Key] = []
    var classes: [Key: [String]] = [:]
    for row in rows {
      let key = Key(device: row.device, label: row.label)
      if classes[key] == nil { order.append(key) }
      var known = classes[key] ?? []
      if let sizeClass = row.sizeClass, !known.contains(sizeClass) { known.append(sizeClass) }
      classes[key] = known
    }
    var groups: [Group] = []
    for key in order {
      let members = rows.filter { $0.device == key.device && $0.label == key.label }
      for sizeClass in [nil] + (classes[key] ?? []).sorted(by: Self.precedes) {
        if let statistics = Self.statistics(members.filter { sizeClass == nil || $0.sizeClass == sizeClass }) {
          groups.append(Group(device: key.device, label: key.label, sizeClass: sizeClass, statistics: statistics))
        }
      }
    }
    if let overall { groups.append(Group(device: nil, label: nil, sizeClass: nil, statistics: overall)) }
    return groups
  }

  /// The file's rows with `predicted_us,predicted_lo_us,predicted_hi_us,error_percent` appended.
  ///
  /// Of training steps the unit is the second, as of their measured time. A row that holds several measured operations
  /// is repeated for each, with its `op` and `measured_us`.
  ///
  /// - Parameters:
  ///   - columns: further columns.
  ///   - fields: their fields, by the row's place in ``rows``.
  /// - Returns: a CSV text with a header.
  public func csv(columns: [String] = [], fields: (Int) -> [String] = { _ in [] }) -> String {
    let isLong = kind == .layerOperations
    let unit = kind == .endToEnd ? "s" : "us"
    func text(_ seconds: Double) -> String {
      kind == .endToEnd ? FixedPoint.text(seconds, decimals: 6) : TimingTable.microseconds(seconds)
    }
    let header =
      document.header + (isLong ? ["op", "measured_us"] : [])
      + ["predicted_\(unit)", "predicted_lo_\(unit)", "predicted_hi_\(unit)", "error_percent"] + columns
    return CSVDocument.serialize(
      header: header,
      rows: rows.indices.map { index in
        let row = rows[index]
        return document.rows[row.row] + (isLong ? [row.label, text(row.measured)] : [])
          + [row.predicted, row.low, row.high].map(text) + [FixedPoint.text(100 * row.error, decimals: 2)]
          + fields(index)
      })
  }

  /// Small before large: by the number of the class's lower limit.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    lowerLimit(left) < lowerLimit(right)
  }

  private static func lowerLimit(_ sizeClass: String) -> Int {
    let words = sizeClass.split(separator: " ")
    if let first = words.first.flatMap({ Int($0) }) { return first }
    return sizeClass.contains(">") ? words.last.flatMap { Int($0) } ?? 0 : 0
  }
}
