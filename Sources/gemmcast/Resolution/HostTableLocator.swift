internal import CalibrationData
internal import DataFiles
internal import Foundation
internal import GEMMTiming

/// Finds the timing table to use when `--table` names none, and says where it is from.
struct HostTableLocator {
  /// A table and how it was come by.
  struct Found {
    let path: String
    /// Whether it was measured on a CPU of another name than this machine's.
    let isOtherMachine: Bool
  }

  /// This machine's name in tables.
  let deviceName: String
  /// The environment, for `GEMMCAST_TABLE`, `XDG_DATA_HOME` and `HOME`.
  var environment = ProcessInfo.processInfo.environment
  /// The folder in which `calibration/hosts` is looked for.
  var currentDirectory = FileManager.default.currentDirectoryPath
  /// The tables that come with the tool.
  var shipped = CalibrationData.files(in: .hosts, withExtension: "csv")

  /// The table to use; nil when there is none at all.
  ///
  /// In order: `$GEMMCAST_TABLE`; this machine's newest in `calibration/hosts` of the current folder; this machine's newest in
  /// the user's data folder; one that comes with the tool, this machine's if there is one.
  func find() -> Found? {
    if let path = environment["GEMMCAST_TABLE"], !path.isEmpty { return Found(path: path, isOtherMachine: false) }
    let here = URL(fileURLWithPath: currentDirectory).appendingPathComponent("calibration/hosts").path
    for directory in [here, Self.userDirectory(environment: environment)] {
      if let path = newest(among: Self.tables(in: directory)) { return Found(path: path, isOtherMachine: false) }
    }
    if let path = newest(among: shipped) { return Found(path: path, isOtherMachine: false) }
    return shipped.first.map { Found(path: $0, isOtherMachine: true) }
  }

  /// This machine's table in the user's data folder, as `calibrate` leaves it; nil when there is none.
  func findOwn() -> String? { newest(among: Self.tables(in: Self.userDirectory(environment: environment))) }

  /// Where `calibrate` keeps a user's tables: `$XDG_DATA_HOME/gemmcast/hosts`, by default under `~/.local/share`.
  static func userDirectory(environment: [String: String]) -> String {
    UserFolder.data.path(in: environment) + "/gemmcast/hosts"
  }

  private static func tables(in directory: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { $0.hasSuffix(".csv") }.sorted().map { directory + "/" + $0 }
  }

  /// The table of this machine with the latest timestamp; a file that cannot be read is no candidate.
  private func newest(among paths: [String]) -> String? {
    var best: (timestamp: String, path: String)?
    for path in paths {
      guard let table = try? TimingTable(contentsOf: path), table.devices.contains(deviceName) else { continue }
      // ISO 8601 in UTC sorts as text.
      let timestamp = table.rows.compactMap { $0.other["timestamp"] }.max() ?? ""
      if timestamp >= best?.timestamp ?? "" { best = (timestamp, path) }
    }
    return best?.path
  }
}
