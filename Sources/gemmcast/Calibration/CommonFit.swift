internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import Reporting

/// `fit --common`: what rows of several GPUs teach about one that nobody measured.
struct CommonFit {
  private let tables: [String]
  private let devices: [DeviceSpecification]
  private let rows: [TimingRow]
  private let fit: CommonGEMMFit

  /// Reads the tables' rows of GPUs that come with gemmcast; rows of others are passed over with a word.
  ///
  /// - Throws: `FileError`, or `Failure` where fewer than two devices have rows.
  init(_ tables: [String]) throws {
    self.tables = tables
    var rows: [TimingRow] = []
    for path in tables { rows += try TimingTable(contentsOf: path).rows.filter { $0.routine == .gemm } }
    let builtIn = Set(DeviceSpecification.builtInNames)
    let names = Set(rows.map(\.device)).sorted()
    for name in names where !builtIn.contains(name) {
      let count = rows.count { $0.device == name }
      Diagnostics.warning("\(name): passed over, \(count) rows: no device file of that name comes with gemmcast")
    }
    devices = try names.filter(builtIn.contains).map { try .builtIn(named: $0) }
    self.rows = rows
    guard devices.count > 1 else {
      throw Failure(
        Failure.Status.badData,
        "\(tables.joined(separator: ", ")): has rows of \(devices.count) known GPUs; what several have in common needs two at least"
      )
    }
    fit = CommonGEMMFit(
      devices.map { device in CommonGEMMFit.Device(device, rows: rows) }, solver: LAPACKSolver())
  }

  /// Predicts each device's rows from the others', and tells how well.
  func report() throws -> Document {
    var left: [LeftOutDevice] = []
    for (index, device) in devices.enumerated() {
      Diagnostics.note("leaving out \(device.name), \(index + 1) of \(devices.count)")
      if let device = try LeftOutDevice(device, rows: rows, fit: fit) { left.append(device) }
    }
    return Document(leftOut: left, tables: tables)
  }

  /// The parameters that all rows teach together.
  func common(source: String?) throws -> CommonGEMMs {
    Diagnostics.note("fitting to all \(devices.count) devices")
    return try fit.common(source: source ?? "fitted to \(tables.joined(separator: ", "))")
  }
}
