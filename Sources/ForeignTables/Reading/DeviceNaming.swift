internal import DataFiles

/// Decides which device a row is of: the name that the user gives, else the file's.
struct DeviceNaming {
  private let given: String?
  private let file: String
  private var named: String?

  init(_ options: ImportOptions, _ source: SourceText) {
    given = options.device
    file = source.file
  }

  /// The device of a row whose file names it `name`.
  ///
  /// - Throws: `FileError` when nobody names it, or one given name would stand for two devices of the file.
  mutating func device(_ name: String?, _ error: (String, String) -> FileError) throws(FileError) -> String {
    guard let name, !name.isEmpty else {
      if let given { return given }
      throw FileError(
        .malformed, file: file, problem: "does not name the device that was measured", remedy: "give --device NAME")
    }
    guard let given else { return name }
    if let named, named != name {
      throw error(
        "the device is \(name), and \(named) above", "--device \(given) can stand for one of them; split the file")
    }
    named = name
    return given
  }
}
