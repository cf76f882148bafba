internal import Glibc

/// Whole text files in and out.
///
/// Reading gives one clear error, also for what would never end; where and how a file is written is decided by what its
/// path names.
public enum TextFile {
  /// The most bytes of a table.
  public static let largestTable = 1 << 30
  /// The most bytes of a JSON file: what it describes is small.
  public static let largestJSON = 1 << 26

  /// Reads a UTF-8 file whole; a byte order mark is dropped.
  ///
  /// Pipes are read as well, such as the shell's `<(…)`. What is read counts as an input of the process, see
  /// ``InputFiles``.
  ///
  /// - Parameters:
  ///   - path: the path, or `-` for standard input.
  ///   - limit: the most bytes that are read.
  /// - Returns: the text without the byte order mark.
  /// - Throws: ``FileError`` of kind `unreadable` when there is no such file, `malformed` when it is longer than
  ///   `limit`, not UTF-8, or another kind of file, which is named (``FileKind``).
  public static func read(_ path: String, limit: Int = largestTable) throws(FileError) -> String {
    let bytes = try bytes(of: path, limit: limit)
    if let kind = FileKind(bytes) { throw kind.error(path) }
    guard var text = String(validating: bytes, as: UTF8.self) else { throw noText(path, bytes) }
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    return text
  }

  private static func bytes(of path: String, limit: Int) throws(FileError) -> [UInt8] {
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
    InputFiles.note(descriptor)
    let tooLong = FileError(
      .malformed, file: path, problem: "is longer than \(limit >> 20) MiB, which is the most that is read",
      remedy: "divide it")
    let size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    guard size <= limit else { throw tooLong }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    var chunk = Array(repeating: UInt8(0), count: min(max(size, 1 << 16), 1 << 22))
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
      // No text has zero bytes, and some devices give nothing else without end.
      guard !chunk[..<count].contains(0) else { throw noText(path, bytes) }
      guard bytes.count <= limit else { throw tooLong }
    }
  }

  /// What a file is that is no text, where its first bytes tell, with the way out.
  private static func noText(_ path: String, _ bytes: [UInt8]) -> FileError {
    if let kind = FileKind(bytes) { return kind.error(path) }
    return FileError(.malformed, file: path, problem: "is not UTF-8 text", remedy: "save it as UTF-8")
  }

  private static func unreadable(_ path: String) -> FileError {
    FileError(.unreadable, file: path, problem: "cannot be read: \(String(cString: strerror(errno)))")
  }

  /// Writes a file whole, by the rules of what `path` names: a regular file is replaced by renaming, a symbolic link's
  /// target is, a device, FIFO or `/dev/fd/N` is written to.
  ///
  /// - Parameters:
  ///   - text: what it is to hold.
  ///   - path: where it goes.
  ///   - compresses: whether it is written as gzip.
  /// - Throws: ``FileError`` of kind `cannotCreate`, after which whatever stood at `path` is untouched; `writeFailed`
  ///   where what cannot be replaced was written to in part.
  public static func write(_ text: String, to path: String, compresses: Bool = false) throws(FileError) {
    let output = try OutputFile(path)
    let bytes = Array(text.utf8)
    guard compresses else { return try output.write(bytes) }
    guard let packed = Gzip.compressed(bytes) else {
      throw FileError(.cannotCreate, file: path, problem: "cannot be compressed: there is no memory for it")
    }
    try output.write(packed)
  }

  /// Fails early where ``write(_:to:compresses:)`` would; nothing is changed.
  public static func checkWritable(_ path: String) throws(FileError) { try OutputFile(path).check() }

  /// Whether a path names a device, a FIFO or an open descriptor, which take what is written as it comes.
  public static func isStream(_ path: String) throws(FileError) -> Bool {
    switch try OutputFile(path).place {
    case .descriptor, .stream: true
    case .file, .new: false
    }
  }
}
