internal import Foundation

/// The data files that come with gemmcast: device specifications, measured host tables, published tables.
///
/// They are found beside the executable, in the installation's `share` folder, or in the build's resource bundle; a
/// missing folder is an empty list and never a trap, which the accessor that SwiftPM generates would be.
public enum CalibrationData {
  /// The folders of `calibration/`.
  public enum Folder: String, Sendable, CaseIterable {
    /// GPU specifications, every number with its source (JSON).
    case devices
    /// Timing tables measured by `gemmcast calibrate` (CSV).
    case hosts
    /// Models by name, in the form of Hugging Face's `config.json`.
    case models
    /// Small published timing tables that `gemmcast validate` reproduces (CSV).
    case published
  }

  /// The paths of the files of one folder with that extension, sorted by name.
  public static func files(in folder: Folder, withExtension ext: String) -> [String] {
    for root in roots {
      let directory = root.appendingPathComponent(folder.rawValue, isDirectory: true)
      let found = try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
      guard let found else { continue }
      return found.filter { $0.pathExtension == ext }.map(\.path).sorted()
    }
    return []
  }

  /// The path of one file below a folder; nil where it is not found.
  public static func file(_ name: String, in folder: Folder) -> String? {
    roots.map { $0.appendingPathComponent(folder.rawValue, isDirectory: true).appendingPathComponent(name).path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// Where the folders may stand, the most specific first.
  private static var roots: [URL] {
    var roots: [URL] = []
    let executable = Bundle.main.executableURL?.resolvingSymlinksInPath()
    if let bin = executable?.deletingLastPathComponent() {
      roots.append(bin.appendingPathComponent("gemmcast_CalibrationData.resources", isDirectory: true))
      roots.append(
        bin.deletingLastPathComponent().appendingPathComponent("share/gemmcast/calibration", isDirectory: true))
    }
    // A test bundle is run by an executable of the toolchain; the bundle's own folder holds the resources.
    for bundle in Bundle.allBundles {
      let parent = bundle.bundleURL.deletingLastPathComponent()
      roots.append(parent.appendingPathComponent("gemmcast_CalibrationData.resources", isDirectory: true))
    }
    return roots
  }
}
