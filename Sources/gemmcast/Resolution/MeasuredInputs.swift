internal import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import HostModels

/// What `--table` names, or the default table when it names no host: fitted host models, and rows of GPUs.
struct MeasuredInputs {
  /// Host fits, in the order of the files.
  private(set) var hostModels: [FittedModel] = []
  /// Rows of other devices than hosts.
  private(set) var deviceRows = TimingTable()
  /// Rows of GPUs that are no GEMMs: exchanges, passes over memory, attention.
  private(set) var otherOperations: [MeasuredTable.Entry] = []
  /// Sentences on what the figures rest on.
  private(set) var remarks: [String] = []
  /// Where each host fit is from.
  private var origins: [MeasuredGroup: String] = [:]
  private var cache = FitCache()
  private let options: TableOptions

  /// Reads the files; tables are fitted here or their kept fit is taken, fitted models taken as they are.
  ///
  /// - Parameters:
  ///   - options: the files.
  ///   - devices: names of devices that are no hosts, beside those that come with the tool.
  ///   - needsHost: whether a default table is looked for where the files have none of a host.
  /// - Throws: `FileError`, `FitError` or `CalibrationError` for a file that is named; a default table that cannot be used
  ///   is passed over with a word.
  init(_ options: TableOptions, devices: Set<String>, needsHost: Bool = true) throws {
    self.options = options
    let gpus = devices.union(DeviceSpecification.builtInNames)
    for path in options.tables { warn(of: try read(path, gpus: gpus), in: path) }
    if hostModels.isEmpty, needsHost { try readDefault(gpus: gpus) }
  }

  /// Takes the table that `$GEMMCAST_TABLE` names, else this machine's newest that is fit for use, else one that comes with
  /// gemmcast.
  private mutating func readDefault(gpus: Set<String>) throws {
    let locator = HostTableLocator()
    if let path = locator.named {
      warn(of: try read(path, gpus: gpus), in: path)
      return
    }
    for path in locator.own() {
      var attempt = self
      do {
        let quality = try attempt.read(path, gpus: gpus)
        if quality?.isFit == true {
          self = attempt
          return
        }
        for defect in quality?.defects ?? [] { Diagnostics.warning("\(path): passed over: \(defect)") }
      } catch {
        Diagnostics.warning("passed over: \(Failure(error)?.message ?? "\(path) cannot be read")")
      }
      // What was fitted once is kept for the next command.
      cache = attempt.cache
    }
    guard let shipped = locator.shipped.first else { return }
    _ = try read(shipped, gpus: gpus)
    let sentence =
      "no table of this machine is at hand: using one that comes with gemmcast, measured on another; "
      + "`gemmcast calibrate` measures this one"
    Diagnostics.warning(sentence)
    remarks.append(sentence)
  }

  /// Fits a host's table, or takes its kept fit, and judges it.
  ///
  /// - Returns: the fits, and how good they are; nil where the table has no rows of a host.
  /// - Throws: `Failure` or `FileError` where it cannot be fitted.
  static func judge(_ text: String, of path: String) throws -> (models: [FittedModel], quality: TableQuality?) {
    var inputs = try MeasuredInputs(TableOptions.parse([]), devices: [], needsHost: false)
    let quality = try inputs.read(text, of: path, gpus: Set(DeviceSpecification.builtInNames))
    return (inputs.hostModels, quality)
  }

  /// Says what is wrong with a table that was asked for by name and is used all the same.
  private mutating func warn(of quality: TableQuality?, in path: String) {
    for defect in quality?.defects ?? [] {
      Diagnostics.warning("\(path) is not fit for use: \(defect)")
      remarks.append("\(path) is not fit for use: \(defect).")
    }
  }

  /// Reads a file; returns how good its host rows are, nil where it has none or is a fitted model.
  private mutating func read(_ path: String, gpus: Set<String>) throws -> TableQuality? {
    if path.hasSuffix(".json") {
      let models = try FittedModel.models(contentsOf: path)
      hostModels += models
      for model in models { origins[model.group] = "a fitted model read from \(path)" }
      return nil
    }
    return try read(TextFile.read(path), of: path, gpus: gpus)
  }

  /// Takes in a table's text; returns how good its host rows are, nil where it has none.
  private mutating func read(_ text: String, of path: String, gpus: Set<String>) throws -> TableQuality? {
    let fitted = try cache.fitted(text, devices: gpus) { try FittedTable(text, of: path, devices: gpus) }
    deviceRows.rows += fitted.others
    otherOperations += fitted.otherOperations
    for gap in fitted.gaps { Diagnostics.warning("\(path): \(gap): passed over") }
    hostModels += fitted.models
    for model in fitted.models { origins[model.group] = "fitted to the rows of \(path)" }
    return fitted.quality
  }

  /// The host fit to use: of the library and kernel that are asked for or that this machine would run, with that many
  /// threads or the most there are, operands in cache rather than not.
  func hostModel() throws -> FittedModel? {
    let candidates = try HostChoice(options).candidates(among: hostModels)
    return candidates.max { left, right in
      let (a, b) = (left.group, right.group)
      if a.threads != b.threads { return a.threads ?? 0 < b.threads ?? 0 }
      return a.cache == .cold && b.cache != .cold
    }
  }

  /// Sentences on where a host fit is from, and what it was chosen from.
  func origin(of model: FittedModel) -> [String] {
    let others = Set(hostModels.compactMap(\.group.software)).subtracting([model.group.software].compactMap(\.self))
    return ["Host: \(model.group), \(origins[model.group] ?? "of unknown origin")."]
      + (others.isEmpty
        ? []
        : [
          "The tables also have rows of \(others.sorted().joined(separator: "; ")): each has a fit of its own, and "
            + "--library and --kernel choose."
        ])
  }

  /// Whether any rows of devices other than hosts were given.
  var hasDeviceRows: Bool { !deviceRows.rows.isEmpty || !otherOperations.isEmpty }

  /// The rows that were measured on a device.
  func rows(of device: String) -> TimingTable {
    TimingTable(rows: deviceRows.rows.filter { $0.device == device })
  }
}
