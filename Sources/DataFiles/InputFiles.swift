internal import Glibc
internal import Synchronization

/// The regular files that this process has read, so that none of them is replaced by what is made of it.
public enum InputFiles {
  /// A file whatever its names are.
  private struct Identity: Hashable {
    var device: UInt
    var number: UInt

    /// The identity of a regular file; nil for anything else.
    init?(_ status: stat) {
      guard status.st_mode & S_IFMT == S_IFREG else { return nil }
      device = UInt(status.st_dev)
      number = UInt(status.st_ino)
    }
  }

  private static let read = Mutex<Set<Identity>>([])
  private static let written = Mutex<Set<Identity>>([])

  /// Remembers an open file as an input.
  static func note(_ descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, let identity = Identity(status) else { return }
    read.withLock { _ = $0.insert(identity) }
  }

  /// Refuses an output that is one of the files read so far, or an output written before, under whatever name.
  ///
  /// - Throws: ``FileError`` of kind `cannotCreate`. O(1).
  public static func refuse(output path: String) throws(FileError) {
    var status = stat()
    guard stat(path, &status) == 0, let identity = Identity(status) else { return }
    if read.withLock({ $0.contains(identity) }) {
      throw FileError(
        .cannotCreate, file: path, problem: "is an input of this command", remedy: "name another file for the output")
    }
    if written.withLock({ $0.contains(identity) }) {
      throw FileError(
        .cannotCreate, file: path, problem: "is another output of this command", remedy: "name a file for each")
    }
  }

  /// Whether standard output goes to a file that was read: what is written would follow what was read from it.
  public static var isStandardOutput: Bool {
    var status = stat()
    guard fstat(STDOUT_FILENO, &status) == 0, let identity = Identity(status) else { return false }
    return read.withLock { $0.contains(identity) }
  }

  /// Remembers a file as an output of this command.
  public static func noteOutput(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, let identity = Identity(status) else { return }
    written.withLock { _ = $0.insert(identity) }
  }
}
