internal import GEMMTiming

/// The table of a run in the making: a row an item, with the samples of its visits pooled.
///
/// Visits in which the canary found the host slow, or its cores in another state than for most of the run, do not count
/// where others of the item do (``Canary``).
struct TimingBook {
  private(set) var table: TimingTable
  private let origin: RowOrigin
  private var rowIndex: [WorkItem: Int] = [:]
  private var entries: [WorkItem: Entry] = [:]

  private struct Entry {
    /// The row of an earlier run, whose samples are no longer there one by one.
    var earlier: TimingRow?
    var visits: [Visit] = []
    var earlierPasses = 0
    var calls = 0
    var pinnedTo: [Int] = []
    var time = ""

    var passes: Int { earlierPasses + visits.count }

    /// The visits that count, with the host's undisturbed canary known.
    func counting(undisturbed: Double?, threads: Int) -> [Visit] {
      guard let undisturbed, undisturbed > 0 else { return visits }
      let whole = visits.filter {
        !Canary.isOdd($0.state(undisturbed: undisturbed).slowdown ?? 1, threads: threads)
      }
      return whole.isEmpty ? visits : whole
    }
  }

  /// One pass's measurement of an item.
  private struct Visit {
    var measurement: Measurement
    /// Seconds of the canary beside the visit.
    var canary: Double

    /// How the host was, by what its undisturbed canary takes as far as that is known.
    func state(undisturbed: Double?) -> HostState {
      var state = measurement.state
      if let undisturbed, undisturbed > 0 { state.canaryRatio = canary / undisturbed }
      state.canarySeconds = undisturbed ?? canary
      return state
    }
  }

  /// An empty book, or one that continues a table.
  ///
  /// - Throws: ``CalibrationError/otherCalibration(file:column:theirs:ours:)`` when the table is of another host,
  ///   library or kernel, or lacks what a host's table has.
  init(
    topology: HostTopology, setting: MeasurerSetting?, seed: UInt64, continuing earlier: TimingTable?, file: String
  ) throws(CalibrationError) {
    origin = RowOrigin(topology, build: setting?.openBLAS ?? topology.openBLAS, seed: seed)
    table = TimingTable(otherColumns: Calibrator.tableColumns)
    guard let earlier else { return }
    for row in earlier.withCurrentHostState().rows {
      try origin.require(row, file: file)
      guard let item = WorkItem(row), row.samples != nil, row.low != nil, row.high != nil, row.minimum != nil,
        let passes = row.other["passes"].flatMap({ Int($0) })
      else {
        throw .otherCalibration(
          file: file, column: "threads, cache, samples, time_lo_us, time_hi_us, time_min_us or passes",
          theirs: "empty", ours: "given in every row")
      }
      rowIndex[item] = table.rows.count
      entries[item] = Entry(earlier: row, earlierPasses: max(0, passes))
      table.rows.append(row)
    }
  }

  /// How many passes an item has behind it.
  func passes(_ item: WorkItem) -> Int { entries[item]?.passes ?? 0 }

  /// The items that have a row, in the order of the rows.
  var items: [WorkItem] { table.rows.compactMap(WorkItem.init) }

  /// The median so far in seconds.
  func median(_ item: WorkItem) -> Double? { rowIndex[item].map { table.rows[$0].seconds } }

  /// The width of the median's confidence interval over the median; 0 before the first pass.
  func spread(_ item: WorkItem) -> Double {
    guard let index = rowIndex[item], let low = table.rows[index].low, let high = table.rows[index].high else {
      return 0
    }
    return (high - low) / table.rows[index].seconds
  }

  /// Adds one pass's measurement of an item; returns the row's index.
  ///
  /// `canary` is the time in seconds of the canary beside it, `undisturbed` the canary's time on the
  /// undisturbed host as far as it is known. Both may be better known later: ``judge(_:again:canary:undisturbed:)``.
  mutating func add(
    _ item: WorkItem, _ measurement: Measurement, canary: Double, undisturbed: Double?
  ) -> Int? {
    guard !measurement.samples.isEmpty else { return nil }
    var entry = entries[item] ?? Entry()
    entry.visits.append(Visit(measurement: measurement, canary: canary))
    (entry.calls, entry.pinnedTo) = (measurement.callsPerSample, measurement.pinnedTo)
    entry.time = RowOrigin.now()
    return keep(entry, of: item, undisturbed: undisturbed)
  }

  /// Judges an item's last visit by the canary after it, or puts a repeated measurement in its place; returns the
  /// row's index, nil when the item has had no visit.
  mutating func judge(
    _ item: WorkItem, again measurement: Measurement? = nil, canary: Double, undisturbed: Double?
  ) -> Int? {
    guard var entry = entries[item], let last = entry.visits.indices.last else { return nil }
    entry.visits[last].canary = canary
    if let measurement, !measurement.samples.isEmpty {
      entry.visits[last] = Visit(measurement: measurement, canary: canary)
      (entry.calls, entry.pinnedTo) = (measurement.callsPerSample, measurement.pinnedTo)
    }
    return keep(entry, of: item, undisturbed: undisturbed)
  }

  private mutating func keep(_ entry: Entry, of item: WorkItem, undisturbed: Double?) -> Int? {
    entries[item] = entry
    guard let row = row(item, entry, undisturbed: undisturbed) else { return nil }
    if let index = rowIndex[item] {
      table.rows[index] = row
      return index
    }
    rowIndex[item] = table.rows.count
    table.rows.append(row)
    return table.rows.count - 1
  }

  /// Judges all visits anew, by the undisturbed canary of each number of threads.
  mutating func settle(undisturbed: [Int: Double]) {
    for (item, index) in rowIndex {
      guard let entry = entries[item], let row = row(item, entry, undisturbed: undisturbed[item.threads]) else {
        continue
      }
      table.rows[index] = row
    }
  }

  /// The row of an item; nil without a visit in this run.
  private func row(_ item: WorkItem, _ entry: Entry, undisturbed: Double?) -> TimingRow? {
    let visits = entry.counting(undisturbed: undisturbed, threads: item.threads)
    guard let summary = SampleSummary(visits.flatMap(\.measurement.samples)) else { return nil }
    var row = TimingRow(
      routine: item.routine, device: origin.device, dtype: .fp32, shape: item.shape, seconds: summary.median,
      low: summary.low, high: summary.high, minimum: summary.minimum, samples: summary.count, threads: item.threads,
      cache: item.cache, layout: item.layout)
    row.other = origin.columns(
      time: entry.time, passes: entry.passes, calls: entry.calls, pinnedTo: entry.pinnedTo)
    let parts = visits.compactMap { visit in
      SampleSummary(visit.measurement.samples).map {
        (state: visit.state(undisturbed: undisturbed), seconds: $0.median, weight: 1.0)
      }
    }
    HostState.pooled(parts, seconds: row.seconds, by: .arithmetic).write(into: &row)
    if let earlier = entry.earlier { row = TablePooling.pool(earlier, [row]) }
    return row
  }
}
