internal import CalibrationData
public import DataFiles
internal import Foundation

extension DeviceSpecification {
  /// The names of the device files that come with gemmcast, sorted; empty when their folder is not found.
  public static var builtInNames: [String] { builtInFiles.map(\.name) }

  /// A device that comes with gemmcast, by its name in whatever case.
  ///
  /// - Throws: `FileError` of kind `unreadable` that lists the names that exist.
  public static func builtIn(named name: String) throws(FileError) -> DeviceSpecification {
    let files = builtInFiles
    let lowered = name.lowercased()
    if let file = files.first(where: { $0.name == lowered }) { return try DeviceSpecification(contentsOf: file.path) }
    let near = NearName.nearest(to: name, among: files.map(\.name) + ["host"])
    let names = files.map(\.name).joined(separator: ", ")
    throw FileError(
      .unreadable, file: name, problem: "no device of that name comes with gemmcast",
      remedy: files.isEmpty
        ? "its data files are not found beside the executable either: name the path of a device file"
        : near.isEmpty
          ? "one of \(names), host, or the path of a device file is expected"
          : "near to it \(near.count == 1 ? "is" : "are") \(near.joined(separator: ", ")), of \(names), host, or the path of "
            + "a device file")
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
