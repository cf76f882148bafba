internal import DataFiles
internal import Foundation
internal import GEMMTiming

/// The table of a run in the making: a row an item, with all its samples pooled.
struct TimingBook {
  private(set) var table: TimingTable
  private let topology: HostTopology
  private let library: String
  private let kernel: String
  private let run: String
  private var rowIndex: [WorkItem: Int] = [:]
  private var entries: [WorkItem: Entry] = [:]

  private struct Entry {
    /// The row of an earlier run, whose samples are no longer there one by one.
    var earlier: TimingRow?
    var samples: [Double] = []
    var passes = 0
    var calls = 0
    var switches = 0
    var stolen = 0.0
    var canaries: [Double] = []
  }

  /// An empty book, or one that continues a table.
  ///
  /// - Throws: ``CalibrationError/otherCalibration(file:column:theirs:ours:)`` when the table is of another host,
  ///   library or kernel, or lacks what a host's table has.
  init(
    topology: HostTopology, setting: MeasurerSetting?, seed: UInt64, continuing earlier: TimingTable?, file: String
  ) throws(CalibrationError) {
    self.topology = topology
    library = "OpenBLAS \(setting?.openBLAS.version ?? topology.openBLAS.version)"
    kernel = setting?.openBLAS.kernel ?? topology.openBLAS.kernel
    run = Self.timestamp().filter { $0 != "-" && $0 != ":" } + "-s\(seed)"
    table = TimingTable(otherColumns: Calibrator.tableColumns)
    guard let earlier else { return }
    let ours = ["library": library, "kernel": kernel, "cpu": topology.cpuName]
    for row in earlier.rows {
      guard row.device == topology.deviceName else {
        throw .otherCalibration(file: file, column: "device", theirs: row.device, ours: topology.deviceName)
      }
      for (column, value) in ours.sorted(by: { $0.key < $1.key }) where row.other[column] != value {
        throw .otherCalibration(file: file, column: column, theirs: row.other[column] ?? "empty", ours: value)
      }
      guard let item = WorkItem(row), row.samples != nil, row.low != nil, row.high != nil, row.minimum != nil,
        let passes = row.other["passes"].flatMap({ Int($0) })
      else {
        throw .otherCalibration(
          file: file, column: "threads, cache, samples, time_lo_us, time_hi_us, time_min_us or passes",
          theirs: "empty", ours: "given in every row")
      }
      rowIndex[item] = table.rows.count
      entries[item] = Entry(earlier: row, passes: max(0, passes))
      table.rows.append(row)
    }
  }

  /// How many passes an item has behind it.
  func passes(_ item: WorkItem) -> Int { entries[item]?.passes ?? 0 }

  /// The items that have a row, in the order of the rows.
  var items: [WorkItem] { table.rows.compactMap(WorkItem.init) }

  /// The median so far in seconds.
  func median(_ item: WorkItem) -> Double? { rowIndex[item].map { table.rows[$0].seconds } }

  /// Adds one pass's measurement of an item; returns the row's index.
  mutating func add(_ item: WorkItem, _ measurement: Measurement, canary: Double, pinnedTo: [Int]) -> Int? {
    var entry = entries[item] ?? Entry()
    entry.samples += measurement.samples
    entry.passes += 1
    entry.calls = measurement.callsPerSample
    entry.switches += measurement.involuntarySwitches
    entry.stolen += measurement.stolenSeconds
    entry.canaries.append(canary)
    guard let summary = SampleSummary(entry.samples) else { return nil }
    entries[item] = entry
    var row = TimingRow(
      routine: item.routine, device: topology.deviceName, dtype: .fp32, shape: item.shape, seconds: summary.median,
      low: summary.low, high: summary.high, minimum: summary.minimum, samples: summary.count, threads: item.threads,
      cache: item.cache)
    if let earlier = entry.earlier { row = TablePooling.pool(earlier, [row]) }
    row.other = [
      "library": library, "kernel": kernel, "cpu": topology.cpuName, "timestamp": Self.timestamp(), "run": run,
      "passes": String(entry.passes), "calls": String(entry.calls),
      "pinned": pinnedTo.map(String.init).joined(separator: " "),
      "canary": FixedPoint.text(entry.canaries.reduce(0, +) / Double(entry.canaries.count), decimals: 4),
      "steal_us": FixedPoint.text(entry.stolen * 1e6, decimals: 0), "switches": String(entry.switches),
    ]
    if let index = rowIndex[item] {
      table.rows[index] = row
      return index
    }
    rowIndex[item] = table.rows.count
    table.rows.append(row)
    return table.rows.count - 1
  }

  /// Now, as ISO 8601 in UTC.
  private static func timestamp() -> String {
    Date.now.formatted(.iso8601)
  }
}
