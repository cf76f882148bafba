internal import Foundation

/// Whole text files in and out.
///
/// Reading gives one clear error; writing is atomic.
public enum TextFile {
  /// Reads a UTF-8 file whole; a byte order mark is dropped.
  ///
  /// - Parameter path: the path, or `-` for standard input.
  /// - Returns: the text without the byte order mark.
  /// - Throws: ``FileError`` of kind `unreadable` when there is no such file, `malformed` when it is not UTF-8
  ///   or another kind of file, which is named (``FileKind``).
  public static func read(_ path: String) throws(FileError) -> String {
    let data: Data
    do {
      // A handle reads pipes as well, such as the shell's <(…).
      let handle = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      data = try handle.readToEnd() ?? Data()
    } catch {
      throw FileError(.unreadable, file: path, problem: "cannot be read: \(reason(error))")
    }
    if let kind = FileKind(data) { throw kind.error(path) }
    guard var text = String(data: data, encoding: .utf8) else {
      throw FileError(.malformed, file: path, problem: "is not UTF-8 text", remedy: "save it as UTF-8")
    }
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    return text
  }

  /// Writes a file whole: to a temporary file beside it, then renamed over it, so that a reader never sees a part.
  ///
  /// - Throws: ``FileError`` of kind `cannotCreate`; whatever stood at `path` is untouched then.
  public static func write(_ text: String, to path: String) throws(FileError) {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw FileError(
        .cannotCreate, file: path, problem: "cannot be written: \(reason(error))",
        remedy: "name a file in a folder that exists and that you may write to")
    }
  }

  /// The operating system's own words for a Foundation error: "No such file or directory", not a Cocoa code.
  private static func reason(_ error: any Error) -> String {
    var current = error as NSError
    while let underlying = current.userInfo[NSUnderlyingErrorKey] as? NSError { current = underlying }
    if current.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(current.code))) }
    switch CocoaError.Code(rawValue: current.code) {
    case .fileReadNoSuchFile, .fileNoSuchFile: return "No such file or directory"
    case .fileReadNoPermission, .fileWriteNoPermission: return "Permission denied"
    case .fileWriteOutOfSpace: return "No space left on device"
    default: return current.localizedDescription
    }
  }
}
