internal import CalibrationData
public import DataFiles
internal import Foundation

extension DeviceSpecification {
  /// The names of the device files that come with gemmcast, sorted; empty when their folder is not found.
  public static var builtInNames: [String] { builtInFiles.map(\.name) }

  /// A device that comes with gemmcast, by its name.
  ///
  /// - Throws: `FileError` of kind `unreadable` that lists the names that exist.
  public static func builtIn(named name: String) throws(FileError) -> DeviceSpecification {
    let files = builtInFiles
    if let file = files.first(where: { $0.name == name }) { return try DeviceSpecification(contentsOf: file.path) }
    throw FileError(
      .unreadable, file: name, problem: "no device of that name comes with gemmcast",
      remedy: files.isEmpty
        ? "its data files are not found beside the executable either: name the path of a device file"
        : "one of \(files.map(\.name).joined(separator: ", ")), host, or the path of a device file is expected")
  }

  /// A device by its name, or the device file at a path, which `text` is taken for when it has a `/` or ends in `.json`.
  ///
  /// - Throws: `FileError`.
  public static func find(_ text: String) throws(FileError) -> DeviceSpecification {
    text.contains("/") || text.hasSuffix(".json")
      ? try DeviceSpecification(contentsOf: text) : try builtIn(named: text)
  }

  private static var builtInFiles: [(name: String, path: String)] {
    CalibrationData.files(in: .devices, withExtension: "json").map { path in
      (URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, path)
    }
  }
}
