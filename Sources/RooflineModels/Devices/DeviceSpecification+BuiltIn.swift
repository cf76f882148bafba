public import DataFiles
internal import Foundation

extension DeviceSpecification {
  /// The names of the device files that ship with gemmcast, sorted; empty when their folder is not found.
  public static var builtInNames: [String] {
    guard let folder = ShippedFiles.devices else { return [] }
    let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    return files.filter { $0.pathExtension == "json" }.map { $0.deletingPathExtension().lastPathComponent }.sorted()
  }

  /// A shipped device by its name.
  ///
  /// - Throws: `FileError` of kind `unreadable` that lists the names that exist.
  public static func builtIn(named name: String) throws(FileError) -> DeviceSpecification {
    guard let folder = ShippedFiles.devices else {
      throw FileError(
        .unreadable, file: name, problem: "the device files that ship with gemmcast are not found",
        remedy: "keep the folder \(ShippedFiles.bundleName) beside the executable")
    }
    let names = builtInNames
    guard names.contains(name) else {
      throw FileError(
        .unreadable, file: name, problem: "no device of that name ships with gemmcast",
        remedy: "one of \(names.joined(separator: ", ")), or the path of a device file")
    }
    return try DeviceSpecification(contentsOf: folder.appendingPathComponent("\(name).json").path)
  }

  /// A shipped device by its name, or the device file at a path: what a command line names.
  ///
  /// - Parameter text: taken for a path when it has a `/` or ends in `.json`.
  /// - Throws: `FileError`.
  public static func find(_ text: String) throws(FileError) -> DeviceSpecification {
    text.contains("/") || text.hasSuffix(".json")
      ? try DeviceSpecification(contentsOf: text) : try builtIn(named: text)
  }
}

/// Where the files that ship with the package lie.
///
/// SwiftPM's own `Bundle.module` ends the program when the bundle is not there; this looks in the same places and in
/// an installation's, and says nil.
enum ShippedFiles {
  /// The folder that SwiftPM makes of this target's resources.
  static let bundleName = "gemmcast_RooflineModels.resources"

  /// The folder of the device files: beside the executable, beside what a link to it points at, or in
  /// `../share/gemmcast`.
  static let devices: URL? = {
    let main = Bundle.main
    var folders = [main.bundleURL]
    if let resources = main.resourceURL { folders.append(resources) }
    if let executable = main.executableURL {
      folders.append(executable.deletingLastPathComponent())
      let real = executable.resolvingSymlinksInPath().deletingLastPathComponent()
      folders += [real, real.deletingLastPathComponent().appendingPathComponent("share/gemmcast")]
    }
    return folders.map { $0.appendingPathComponent(bundleName).appendingPathComponent("devices") }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }()
}
