public import DataFiles
public import GEMMTiming

/// Measured times beside predicted ones.
public struct ValidationReport: Sendable {
  /// Statistics of the rows of one device, label and size class.
  public struct Group: Sendable {
    /// The device.
    public let device: String
    /// The operation.
    public let label: String
    /// The size class; nil for all sizes together.
    public let sizeClass: String?
    /// The statistics.
    public let statistics: ErrorStatistics
  }

  /// The measured file.
  public let table: MeasuredTable
  /// A prediction for each of the table's entries, in their order.
  public let predictions: [TimePrediction]

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
    var predictions: [TimePrediction] = []
    predictions.reserveCapacity(table.entries.count)
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
        predictions.append(try chosen.predict(entry.operation))
      } catch {
        throw table.document.error(row: entry.row, problem: error.description)
      }
    }
    self.table = table
    self.predictions = predictions
  }

  /// Statistics over all rows.
  public var overall: ErrorStatistics? { statistics { _ in true } }

  /// Statistics by device and label, each followed by its size classes, in order of appearance.
  public var groups: [Group] {
    var order: [(device: String, label: String)] = []
    var classes: [String: [String]] = [:]
    for entry in table.entries {
      let key = "\(entry.device)\n\(entry.label)"
      if classes[key] == nil { order.append((entry.device, entry.label)) }
      if classes[key]?.contains(entry.sizeClass) != true { classes[key, default: []].append(entry.sizeClass) }
    }
    var groups: [Group] = []
    for (device, label) in order {
      let isMember = { (entry: MeasuredTable.Entry) in entry.device == device && entry.label == label }
      if let statistics = statistics(isMember) {
        groups.append(Group(device: device, label: label, sizeClass: nil, statistics: statistics))
      }
      for sizeClass in (classes["\(device)\n\(label)"] ?? []).sorted(by: Self.precedes) {
        if let statistics = statistics({ isMember($0) && $0.sizeClass == sizeClass }) {
          groups.append(Group(device: device, label: label, sizeClass: sizeClass, statistics: statistics))
        }
      }
    }
    return groups
  }

  /// Statistics of the entries that `isIncluded` accepts; nil when it accepts none.
  public func statistics(_ isIncluded: (MeasuredTable.Entry) -> Bool) -> ErrorStatistics? {
    ErrorStatistics(
      zip(table.entries, predictions).filter { isIncluded($0.0) }.map {
        ($0.0.seconds, $0.1.seconds, $0.1.low, $0.1.high)
      })
  }

  /// The file's rows with `predicted_us,predicted_lo_us,predicted_hi_us,error_percent` appended.
  ///
  /// A row that holds several measured operations is repeated for each, with its `op` and `measured_us`.
  public func csv() -> String {
    let isLong = table.kind == .layerOperations
    let header =
      table.document.header + (isLong ? ["op", "measured_us"] : [])
      + ["predicted_us", "predicted_lo_us", "predicted_hi_us", "error_percent"]
    let rows = zip(table.entries, predictions).lazy.map { entry, prediction in
      table.document.rows[entry.row]
        + (isLong ? [entry.label, TimingTable.microseconds(entry.seconds)] : [])
        + [
          TimingTable.microseconds(prediction.seconds), TimingTable.microseconds(prediction.low),
          TimingTable.microseconds(prediction.high),
          FixedPoint.text(100 * (prediction.seconds / entry.seconds - 1), decimals: 2),
        ]
    }
    return CSVDocument.serialize(header: header, rows: rows)
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
