public import DataFiles
public import GEMMTiming
public import ModelStatistics

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
    ///
    /// Of rows that taught the fit, the errors are what the fit leaves of them; in the interval are those
    /// that lie in that of a fit which had not seen them.
    public let statistics: ErrorStatistics
    /// The errors of fits that had not seen the rows, for those that taught the fit; nil where none did.
    public let heldOut: ErrorStatistics?

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

  /// How many rows have no prediction, for want of a fit of their kind, and what they are, in order of appearance.
  public let unjudged: [(rows: String, count: Int)]

  /// Rows of a file with predictions that are made already.
  public init(
    _ document: CSVDocument, kind: MeasuredTable.Kind, rows: [ValidationRow],
    unjudged: [(rows: String, count: Int)] = []
  ) {
    (self.document, self.kind, self.rows, self.unjudged) = (document, kind, rows, unjudged)
  }

  /// Predicts every row of a file.
  ///
  /// - Parameters:
  ///   - table: the measured file.
  ///   - hosts: judges rows of measured hosts by their own fits.
  ///   - model: gives the model of any other device by the name that the file uses, for the software that its `variant` column
  ///     names; asked once for each pair of them.
  /// - Throws: what `model` throws, and `FileError` at the row whose operation the device cannot do.
  public init(
    _ table: MeasuredTable,
    hosts: (TimingRow, GEMMTiming.Operation) throws(UnsupportedOperation) -> RowVerdict = { _, _ in .noHost },
    model: (_ device: String, _ variant: String?) throws(FileError) -> any GEMMTimeModel
  ) throws(FileError) {
    var models: [String: any GEMMTimeModel] = [:]
    var rows: [ValidationRow] = []
    rows.reserveCapacity(table.entries.count)
    var left: [(rows: String, count: Int)] = []
    for entry in table.entries {
      if let timing = entry.timing {
        let verdict: RowVerdict
        do { verdict = try hosts(timing, entry.operation) } catch {
          throw table.document.error(row: entry.row, problem: error.description)
        }
        switch verdict {
        case .judged(let prediction, let heldOut):
          rows.append(ValidationRow(entry, prediction, heldOut: heldOut))
          continue
        case .noFit:
          let name = "\(timing.routine.rawValue) of \(MeasuredGroup(timing))"
          if let known = left.firstIndex(where: { $0.rows == name }) {
            left[known].count += 1
          } else {
            left.append((name, 1))
          }
          continue
        case .noHost: break
        }
      }
      let key = entry.device + "\n" + (entry.variant ?? "")
      let chosen: any GEMMTimeModel
      if let known = models[key] {
        chosen = known
      } else {
        chosen = try model(entry.device, entry.variant)
        models[key] = chosen
      }
      do {
        // Rows whose weights came from memory are not those of a benchmark that keeps some in a cache.
        let distant = entry.timing?.cache == .cold ? (chosen as? DeviceModel)?.inSteps : nil
        rows.append(ValidationRow(entry, try (distant ?? chosen).predict(entry.operation)))
      } catch {
        throw table.document.error(row: entry.row, problem: error.description)
      }
    }
    self.init(table.document, kind: table.kind, rows: rows, unjudged: left)
  }

  /// The devices in order of appearance.
  public var devices: [String] {
    var seen: Set<String> = []
    return rows.compactMap { seen.insert($0.device).inserted ? $0.device : nil }
  }

  /// Statistics over all rows but streams among GEMMs.
  public var overall: ErrorStatistics? { statistics { !$0.isStream } }

  /// Statistics of the rows that `isIncluded` accepts; nil when it accepts none.
  public func statistics(_ isIncluded: (ValidationRow) -> Bool) -> ErrorStatistics? {
    Self.statistics(rows.filter(isIncluded))
  }

  private static func statistics(_ rows: [ValidationRow]) -> ErrorStatistics? {
    ErrorStatistics(
      rows.map { ($0.measured, $0.predicted, $0.heldOut?.low ?? $0.low, $0.heldOut?.high ?? $0.high) })
  }

  private static func group(
    _ device: String?, _ label: String?, _ sizeClass: String?, _ rows: [ValidationRow]
  ) -> Group? {
    guard let statistics = statistics(rows) else { return nil }
    let heldOut = rows.compactMap { row in
      row.heldOut.map { (measured: row.measured, predicted: $0.predicted, low: $0.low, high: $0.high) }
    }
    return Group(
      device: device, label: label, sizeClass: sizeClass, statistics: statistics, heldOut: ErrorStatistics(heldOut))
  }

  /// Statistics by device and label in order of appearance, each followed by its size classes, and of all rows at the
  /// end; without streams among GEMMs.
  public var groups: [Group] {
    let rows = rows.filter { !$0.isStream }
    return Self.groups(rows) + [Self.group(nil, nil, nil, rows)].compactMap(\.self)
  }

  /// The same of streams among GEMMs: `copy` and `axpy` rows of a host's table.
  public var streams: [Group] { Self.groups(rows.filter(\.isStream)) }

  private static func groups(_ rows: [ValidationRow]) -> [Group] {
    struct Key: Hashable { var device, label: String }
    var order: [Key] = []
    var members: [Key: [ValidationRow]] = [:]
    for row in rows {
      let key = Key(device: row.device, label: row.label)
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(row)
    }
    var groups: [Group] = []
    for key in order {
      let members = members[key] ?? []
      let classes = Set(members.compactMap(\.sizeClass)).sorted(by: precedes)
      for sizeClass in [nil] + classes {
        let alike = members.filter { sizeClass == nil || $0.sizeClass == sizeClass }
        if let group = group(key.device, key.label, sizeClass, alike) { groups.append(group) }
      }
    }
    return groups
  }

  /// The file's rows with `predicted_us,predicted_lo_us,predicted_hi_us,error_percent` appended.
  ///
  /// Of training steps the unit is the second, as of their measured time. A row that holds several measured operations
  /// is repeated for each, with its `op` and `measured_us`. Where rows taught the fit, `held_out_us,held_out_lo_us,`
  /// `held_out_hi_us` follow: what a fit said that had not seen them.
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
    let hasHeldOut = rows.contains { $0.heldOut != nil }
    let header =
      document.header + (isLong ? ["op", "measured_us"] : [])
      + ["predicted_\(unit)", "predicted_lo_\(unit)", "predicted_hi_\(unit)", "error_percent"]
      + (hasHeldOut ? ["held_out_us", "held_out_lo_us", "held_out_hi_us"] : []) + columns
    return CSVDocument.serialize(
      header: header,
      rows: rows.indices.map { index in
        let row = rows[index]
        return document.rows[row.row] + (isLong ? [row.label, text(row.measured)] : [])
          + [row.predicted, row.low, row.high].map(text) + [FixedPoint.text(100 * row.error, decimals: 2)]
          + (hasHeldOut ? row.heldOut.map { [$0.predicted, $0.low, $0.high].map(text) } ?? ["", "", ""] : [])
          + fields(index)
      })
  }

  /// Small before large: by the number of the class's lower limit.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    (lowerLimit(left), left) < (lowerLimit(right), right)
  }

  private static func lowerLimit(_ sizeClass: String) -> Int {
    let words = sizeClass.split(separator: " ")
    if let first = words.first.flatMap({ Int($0) }) { return first }
    return sizeClass.contains(">") ? words.last.flatMap { Int($0) } ?? 0 : 0
  }
}
