internal import DataFiles
internal import GEMMTiming
internal import HostCalibration
internal import RooflineModels

/// What `--table` names, or the default table when it names no host: fitted host models, and rows of GPUs.
struct MeasuredInputs {
  /// Host fits, in the order of the files.
  private(set) var hostModels: [FittedModel] = []
  /// Rows of other devices than hosts.
  private(set) var deviceRows = TimingTable()
  /// Sentences on what the figures rest on.
  private(set) var remarks: [String] = []
  /// Where each host fit is from.
  private var origins: [MeasuredGroup: String] = [:]
  private var cache = FitCache()

  /// Reads the files; tables are fitted here or their kept fit is taken, fitted models taken as they are.
  ///
  /// - Parameters:
  ///   - options: the files.
  ///   - devices: names of devices that are no hosts, beside those that come with the tool.
  /// - Throws: `FileError`, `FitError` or `CalibrationError`.
  init(_ options: TableOptions, devices: Set<String>) throws {
    let gpus = devices.union(DeviceSpecification.builtInNames)
    for path in options.tables { try read(path, gpus: gpus) }
    guard hostModels.isEmpty else { return }
    let deviceName: String
    do throws(CalibrationError) {
      deviceName = try HostTopology.discover().deviceName
    } catch .unavailable {
      // Without hwloc nothing was measured here.
      deviceName = "an unknown CPU"
    }
    guard let found = HostTableLocator(deviceName: deviceName).find() else { return }
    try read(found.path, gpus: gpus)
    if found.isOtherMachine {
      let sentence =
        "no table of this machine (\(deviceName)) is at hand: using the one that comes with gemmcast, measured on another; "
        + "`gemmcast calibrate` measures this one"
      Diagnostics.warning(sentence)
      remarks.append(sentence.prefix(1).uppercased() + sentence.dropFirst() + ".")
    }
  }

  private mutating func read(_ path: String, gpus: Set<String>) throws {
    if path.hasSuffix(".json") {
      let models = try FittedModel.models(contentsOf: path)
      hostModels += models
      for model in models { origins[model.group] = "a fitted model read from \(path)" }
      return
    }
    let text = try TextFile.read(path)
    let table = try TimingTable(CSVDocument(text: text, file: path))
    let isGPU = { (row: TimingRow) in gpus.contains(row.device) || row.dtype != .fp32 }
    var host = table
    host.rows.removeAll(where: isGPU)
    deviceRows.rows += table.rows.filter(isGPU)
    guard !host.rows.isEmpty else { return }
    let models: [FittedModel]
    do throws(FitError) {
      models = try cache.fit(host, from: text, at: path, without: gpus.intersection(table.devices))
    } catch {
      throw Failure(Failure.Status.badData, "\(path): \(error)")
    }
    for gap in FittedModel.groupsTooSmall(in: host) { Diagnostics.warning("\(path): \(gap): passed over") }
    hostModels += models
    for model in models { origins[model.group] = "fitted to the rows of \(path)" }
  }

  /// The host fit to use: that many threads or the most there are, operands in cache rather than not.
  func hostModel(threads: Int?) throws -> FittedModel? {
    let candidates = hostModels.filter { threads == nil || $0.group.threads == threads }
    if let threads, candidates.isEmpty, !hostModels.isEmpty {
      let known = hostModels.map { "\($0.group)" }.joined(separator: "; ")
      throw Failure(Failure.Status.usage, "no table has rows of \(threads) threads; there is \(known)")
    }
    return candidates.max { left, right in
      let (a, b) = (left.group, right.group)
      if a.threads != b.threads { return a.threads ?? 0 < b.threads ?? 0 }
      return a.cache == .cold && b.cache != .cold
    }
  }

  /// A sentence on where a host fit is from.
  func origin(of model: FittedModel) -> String {
    "Host: \(model.group), \(origins[model.group] ?? "of unknown origin")."
  }

  /// Whether any rows of devices other than hosts were given.
  var hasDeviceRows: Bool { !deviceRows.rows.isEmpty }

  /// The rows that were measured on a device.
  func rows(of device: String) -> TimingTable {
    TimingTable(rows: deviceRows.rows.filter { $0.device == device })
  }
}
