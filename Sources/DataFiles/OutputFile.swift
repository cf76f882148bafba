internal import Glibc

/// Where an output goes, looked up before anything is written, and how it is written there.
///
/// - A regular file is replaced as a whole by renaming: no reader sees a part, and a failure leaves the old one. It
///   keeps its mode and, where the system allows, its owner and group; a new one gets the mode of the umask.
/// - Symbolic links are followed: what they name is replaced or made.
/// - A file of several hard links, and one whose folder takes no new file, is overwritten in place, so that all its names
///   go on naming it. Only there can a failure leave a part.
/// - Devices, FIFOs and open descriptors (`/dev/stdout`, `/dev/fd/3`) are written to as they are.
struct OutputFile {
  enum Place: Equatable {
    /// A descriptor of this process.
    case descriptor(Int32)
    /// A device, FIFO, or what another process has open.
    case stream(String)
    /// A regular file that is there.
    case file(String)
    /// A file that is not there yet.
    case new(String)
  }

  /// The path as the user gave it.
  let path: String
  /// What it names, links followed.
  let place: Place

  /// How many symbolic links are followed, as Linux does.
  private static let maximumLinks = 40

  /// Follows a path to what it names; nothing is opened.
  ///
  /// - Throws: ``FileError`` of kind `cannotCreate` for a folder, and where the path cannot be followed.
  init(_ path: String) throws(FileError) {
    self.path = path
    var current = path
    for _ in 0..<Self.maximumLinks {
      let folder = Self.folder(of: current)
      let name = current.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
      if let real = Self.realPath(folder), real.hasPrefix("/proc/"), real.hasSuffix("/fd"), let number = Int32(name) {
        place = real == "/proc/\(getpid())/fd" ? .descriptor(number) : .stream(current)
        return
      }
      var status = stat()
      guard lstat(current, &status) == 0 else {
        guard errno == ENOENT, !name.isEmpty else { throw Self.failure(path, errno) }
        place = .new(current)
        return
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK:
        guard let target = Self.link(current) else { throw Self.failure(path, errno) }
        current = target.hasPrefix("/") ? target : folder + "/" + target
      case S_IFREG:
        place = .file(current)
        return
      case S_IFDIR:
        throw FileError(.cannotCreate, file: path, problem: "is a folder", remedy: "name a file")
      default:
        place = .stream(current)
        return
      }
    }
    throw Self.failure(path, ELOOP)
  }

  /// Writes the bytes as a whole.
  ///
  /// - Throws: ``FileError`` of kind `cannotCreate`, after which what stood there is untouched, or `writeFailed`.
  func write(_ bytes: [UInt8]) throws(FileError) {
    switch place {
    case .descriptor(let number):
      let mode = fcntl(number, F_GETFL)
      guard mode >= 0, mode & O_ACCMODE != O_RDONLY else { throw failure(mode < 0 ? errno : EBADF) }
      try put(bytes, in: number)
    case .stream(let target): try overwrite(target, with: bytes, cuts: false)
    case .new(let target): try replace(target, with: bytes, keeping: nil)
    case .file(let target):
      var status = stat()
      guard stat(target, &status) == 0 else { throw failure(errno) }
      // Renaming would not ask for leave to write to the file itself.
      guard faccessat(AT_FDCWD, target, W_OK, AT_EACCESS) == 0 else { throw failure(errno) }
      if status.st_nlink > 1 {
        try overwrite(target, with: bytes, cuts: true)
      } else {
        try replace(target, with: bytes, keeping: status)
      }
    }
  }

  /// Fails as ``write(_:)`` would where nothing can be written, and leaves everything as it is.
  func check() throws(FileError) {
    switch place {
    case .descriptor, .stream: return
    case .new(let target), .file(let target):
      if case .file = place, faccessat(AT_FDCWD, target, W_OK, AT_EACCESS) != 0 { throw failure(errno) }
      let temporary = Self.temporary(beside: target)
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor >= 0 {
        close(descriptor)
        unlink(temporary)
      } else if place == .new(target) {
        throw failure(errno)
      }
    }
  }

  // MARK: - Ways to write

  /// A new file beside the target, renamed over it.
  private func replace(_ target: String, with bytes: [UInt8], keeping old: stat?) throws(FileError) {
    let temporary = Self.temporary(beside: target)
    // A private file's successor is private from its first byte on.
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, old == nil ? 0o666 : 0o600)
    guard descriptor >= 0 else {
      guard old != nil, [EACCES, EPERM, EROFS, ENAMETOOLONG].contains(errno) else { throw failure(errno) }
      try overwrite(target, with: bytes, cuts: true)
      return
    }
    var problem = Self.put(bytes, in: descriptor) ? 0 : errno
    if let old, problem == 0 {
      // Only root may give a file away; others keep the group where they belong to it.
      if fchown(descriptor, old.st_uid, old.st_gid) != 0 { _ = fchown(descriptor, uid_t.max, old.st_gid) }
      if fchmod(descriptor, old.st_mode & 0o7777) != 0 { problem = errno }
    }
    if close(descriptor) != 0, problem == 0 { problem = errno }
    if problem == 0, rename(temporary, target) != 0 { problem = errno }
    guard problem != 0 else { return }
    unlink(temporary)
    // A file that is a mount point of its own cannot be renamed over.
    guard old != nil, problem == EBUSY || problem == EXDEV else { throw failure(problem) }
    try overwrite(target, with: bytes, cuts: true)
  }

  /// What is there, opened and written to; `cuts` a file to the new length afterwards.
  private func overwrite(_ target: String, with bytes: [UInt8], cuts: Bool) throws(FileError) {
    let descriptor = open(target, O_WRONLY | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    try put(bytes, in: descriptor)
    if cuts, ftruncate(descriptor, off_t(bytes.count)) != 0 { throw failure(errno, .writeFailed) }
  }

  private func put(_ bytes: [UInt8], in descriptor: Int32) throws(FileError) {
    if !Self.put(bytes, in: descriptor) { throw failure(errno, .writeFailed) }
  }

  /// Writes all of the bytes; false with `errno` where that fails.
  private static func put(_ bytes: [UInt8], in descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var start = 0
      while start < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
        if count > 0 { start += count } else if count == 0 || errno != EINTR { return false }
      }
      return true
    }
  }

  // MARK: - Paths

  private static func temporary(beside target: String) -> String {
    folder(of: target) + "/.gemmcast-" + String(UInt64.random(in: 0 ... .max), radix: 16)
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func link(_ path: String) -> String? {
    var target = Array(repeating: CChar(0), count: Int(PATH_MAX) + 1)
    let length = readlink(path, &target, Int(PATH_MAX))
    guard length > 0 else { return nil }
    return String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func failure(_ code: Int32, _ kind: FileError.Kind = .cannotCreate) -> FileError {
    Self.failure(path, code, kind)
  }

  private static func failure(_ path: String, _ code: Int32, _ kind: FileError.Kind = .cannotCreate) -> FileError {
    FileError(
      kind, file: path, problem: "cannot be written: \(String(cString: strerror(code)))",
      remedy: kind == .writeFailed ? "" : "name a file in a folder that exists and that you may write to")
  }
}
