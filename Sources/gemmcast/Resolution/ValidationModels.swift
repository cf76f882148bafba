internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import HostModels

/// The models that measured rows are held against.
struct ValidationModels {
  /// A step of an ablation.
  struct Level {
    let name: String
    let detail: DeviceModel.Detail
    /// Rows of the devices themselves.
    var ownRows: [TimingRow] = []
    /// Whether rows of other operations than GEMMs refine the devices too.
    var usesOtherOperations = false
  }

  private let inputs: MeasuredInputs
  private let host: FittedModel?
  private let custom: DeviceSpecification?
  private let attention: AttentionOptions
  private let threads: Int?
  /// The devices whose rows of exchanges, passes over memory or attention the tables have, refined by them.
  private let refined: [String: DeviceSpecification]
  /// Sentences on what those rows brought.
  let lessons: [String]

  /// Reads the tables; `custom` stands in for a built-in device of its name, or beside them.
  init(tables: TableOptions, custom: DeviceSpecification?, attention: AttentionOptions) throws {
    inputs = try MeasuredInputs(tables, devices: Set([custom?.name].compactMap(\.self)))
    host = try inputs.hostModel()
    (self.custom, self.attention) = (custom, attention)
    threads = tables.threads
    var refined: [String: DeviceSpecification] = [:]
    var lessons: [String] = []
    for name in Set(inputs.otherOperations.map(\.device)).sorted() {
      guard let device = try Self.specification(name, custom, attention) else { continue }
      let taught = try device.refined(by: inputs.otherOperations, solver: LAPACKSolver())
      refined[name] = taught.device
      lessons += taught.lessons.map { "\(name): \($0.sentence)" }
    }
    (self.refined, self.lessons) = (refined, lessons)
  }

  /// A device of that name; nil when there is none.
  private static func specification(
    _ name: String, _ custom: DeviceSpecification?, _ attention: AttentionOptions
  ) throws(FileError) -> DeviceSpecification? {
    if let custom, custom.name == name { return try attention.applied(to: custom) }
    return DeviceSpecification.builtInNames.contains(name) ? try attention.applied(to: .builtIn(named: name)) : nil
  }

  /// What judges the rows of hosts in a measured file: with `--threads` only the fits of that many.
  func hosts(of measured: MeasuredTable) -> HostJudge {
    HostJudge(
      inputs.hostModels.filter { threads == nil || $0.group.threads == threads }, usual: host?.group,
      rows: measured.timings)
  }

  /// All that is known.
  var best: Level {
    Level(name: "all", detail: .shipped, ownRows: inputs.deviceRows.rows, usesOtherOperations: true)
  }

  /// From the specification alone to all that is known, each step including those before it.
  var ablation: [Level] {
    DeviceModel.Detail.allCases.map { Level(name: $0.title, detail: $0) }
      + (inputs.hasDeviceRows
        ? [
          Level(
            name: "+ own rows of --table", detail: .shipped, ownRows: inputs.deviceRows.rows, usesOtherOperations: true)
        ] : [])
  }

  /// What `planned` rows of each device contribute, to a model that no GPU taught and to all that is known.
  func levels(planned count: Int, _ planned: [TimingRow]) -> [Level] {
    [
      Level(name: "tiles and waves + \(count) own rows", detail: .tiles, ownRows: planned),
      Level(
        name: "all + \(count) own rows", detail: .shipped, ownRows: inputs.deviceRows.rows + planned,
        usesOtherOperations: true),
    ]
  }

  /// Divides a measured file into `count` rows of each device that the device's plan takes, and the rest.
  func ownRows(of measured: MeasuredTable, count: Int, seed: UInt64, in file: String) throws(FileError) -> OwnRows {
    try OwnRows(measured, count: count, seed: seed) { (device) throws(FileError) in
      try model(of: device, variant: nil, level: best, in: file) as? DeviceModel
    }
  }

  /// The measured host's name.
  func hostName() throws -> String {
    if let host { return host.deviceName }
    throw Failure(Failure.Status.noInput, "no timing table of a host is at hand; name one with --table")
  }

  /// The model of a device that a measured file names.
  func model(
    of name: String, variant: String?, level: Level, in file: String
  ) throws(FileError) -> any GEMMTimeModel {
    if let host, name == host.deviceName { return host }
    guard let known = try Self.specification(name, custom, attention) else {
      throw FileError(
        .malformed, file: file, problem: "device \(name) is neither built in nor the measured host",
        remedy: "name its device file with --device")
    }
    let specification = level.usesOtherOperations ? refined[name] ?? known : known
    guard let host else {
      throw FileError(
        .unreadable, file: "--table", problem: "no timing table of a host is at hand",
        remedy: "run `gemmcast calibrate`, or name one with --table")
    }
    let model = DeviceModel(
      specification: specification, shape: host.rooflineShape, detail: level.detail, variant: variant)
    do {
      return try model.refined(by: level.ownRows, solver: LAPACKSolver())
    } catch {
      throw FileError(.malformed, file: name, problem: "its rows cannot be fitted: \(error)")
    }
  }
}
