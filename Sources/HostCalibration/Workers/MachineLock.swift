internal import Foundation

/// A name that one process of the machine holds at a time, for as long as it lives.
///
/// A socket bound to a name in Linux's abstract namespace (unix(7)): the kernel frees the name when the process ends, however it
/// ends, and no file is left behind. It holds for all users of the machine, but neither across network file systems nor
/// into containers with a network of their own.
public final class MachineLock {
  private let descriptor: Int32

  /// Takes a name; nil where another process holds it.
  ///
  /// Where the system gives no such sockets, every process gets every name.
  init?(_ name: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // A zero byte marks the abstract namespace; the name needs none at its end.
    let bytes = Array(name.utf8.prefix(MemoryLayout.size(ofValue: address.sun_path) - 1))
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      for (index, byte) in bytes.enumerated() { path[index + 1] = byte }
    }
    // Not inherited: a measuring process that outlives this one for a moment must not hold the name.
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + bytes.count)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    if result != 0, errno == EADDRINUSE { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}

extension MachineLock {
  /// The right to write a calibration to a file.
  ///
  /// - Throws: ``CalibrationError/outputInUse(file:)`` where another calibration of this machine has it.
  public static func output(_ path: String) throws(CalibrationError) -> MachineLock {
    guard let lock = MachineLock("gemmcast-output-\(identity(of: path))") else { throw .outputInUse(file: path) }
    return lock
  }

  /// The right to measure alone; nil where another calibration runs on this machine.
  public static func measuring() -> MachineLock? { MachineLock("gemmcast-calibration") }

  /// Links that Linux follows in a row (path_resolution(7)).
  private static let mostLinks = 40

  /// The same text for all paths that lead to one file: device and number of its folder, and its name there.
  private static func identity(of path: String) -> String {
    // The file itself may be a link, and what it leads to need not be there yet.
    var url = URL(fileURLWithPath: path)
    for _ in 0..<mostLinks {
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: url.path) else { break }
      url = URL(fileURLWithPath: target, relativeTo: url.deletingLastPathComponent()).absoluteURL
    }
    var folder = stat()
    let parent = url.deletingLastPathComponent().path
    let place = stat(parent, &folder) == 0 ? "\(folder.st_dev)-\(folder.st_ino)" : parent
    // A socket's name is shorter than a file's may be: FNV-1a, 64 bits (draft-eastlake-fnv).
    let hash = url.lastPathComponent.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return "\(place)-\(String(hash, radix: 16))"
  }
}
