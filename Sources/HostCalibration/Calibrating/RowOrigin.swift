internal import Foundation
internal import GEMMTiming

/// Where a run's rows are from: the host, the library with its kernel, and the run.
struct RowOrigin {
  /// The host's name.
  let device: String
  private let fields: [String: String]

  /// The columns in which the rows of one table must agree, beside the device.
  private static let agreed = ["kernel", "library", "machine"]

  /// The origin of rows that are measured from now on; `seed` decides what the operands hold.
  init(_ topology: HostTopology, build: OpenBLASBuild, seed: UInt64) {
    device = topology.deviceName
    fields = [
      "library": build.name, "kernel": build.kernel, "cpu": topology.cpuName, "machine": topology.identity.description,
      "run": Self.now().filter { $0 != "-" && $0 != ":" } + "-s\(seed)",
    ]
  }

  /// The columns of a row that was measured in some passes, so many calls a block, on hardware threads.
  func columns(time: String = now(), passes: Int, calls: Int, pinnedTo: [Int]) -> [String: String] {
    fields.merging([
      "timestamp": time, "passes": String(passes), "calls": String(calls),
      "pinned": pinnedTo.map(String.init).joined(separator: " "),
    ]) { $1 }
  }

  /// Refuses a row of another host, library or kernel.
  ///
  /// - Throws: ``CalibrationError/otherCalibration(file:column:theirs:ours:)``.
  func require(_ row: TimingRow, file: String) throws(CalibrationError) {
    let theirs = [("device", row.device)] + Self.agreed.map { ($0, row.other[$0] ?? "empty") }
    for (column, theirs) in theirs {
      let ours = column == "device" ? device : fields[column] ?? "empty"
      if theirs != ours { throw .otherCalibration(file: file, column: column, theirs: theirs, ours: ours) }
    }
  }

  /// Now, as ISO 8601 in UTC.
  static func now() -> String { Date.now.formatted(.iso8601) }
}
