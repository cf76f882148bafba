internal import Foundation

/// Memory that several processes see: a file without a name, handed from a parent to its children as an open file.
///
/// Nothing of it is left when the last of them has ended, however it ended.
public final class SharedRegion: @unchecked Sendable {
  /// The open file.
  public let descriptor: Int32
  /// Where this process sees it; a new region is zero.
  public let start: UnsafeMutableRawPointer
  /// Its size.
  public let bytes: Int

  /// The number of the open file in a child that was given one (``WorkerGroup``).
  public static let childDescriptor: Int32 = 3

  /// Makes a region of so many bytes.
  ///
  /// - Throws: ``CalibrationError/outOfResources(_:)``.
  public convenience init(bytes: Int) throws(CalibrationError) {
    // The name goes at once; another process of the same number in another container may have taken it.
    for attempt in 0..<100 {
      let name = "/gemmcast-\(getpid())-\(attempt)-\(UInt32.random(in: 0...UInt32.max))"
      let file = shm_open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
      if file < 0, errno == EEXIST { continue }
      guard file >= 0 else { throw Self.refused(bytes, errno) }
      shm_unlink(name)
      // Room is taken now: a page that cannot be had later would be a signal.
      let code = posix_fallocate(file, 0, off_t(max(bytes, 1)))
      guard code == 0 else {
        close(file)
        throw Self.refused(bytes, code)
      }
      try self.init(descriptor: file, bytes: bytes)
      return
    }
    throw Self.refused(bytes, EEXIST)
  }

  /// Maps a region that another process made.
  ///
  /// - Throws: ``CalibrationError/outOfResources(_:)`` where the file is none or has fewer bytes.
  public init(descriptor: Int32, bytes: Int) throws(CalibrationError) {
    var status = stat()
    guard bytes > 0, fstat(descriptor, &status) == 0, Int(status.st_size) >= bytes,
      let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), start != MAP_FAILED
    else { throw Self.refused(bytes, errno) }
    (self.descriptor, self.start, self.bytes) = (descriptor, start, bytes)
  }

  deinit {
    munmap(start, bytes)
    close(descriptor)
  }

  private static func refused(_ bytes: Int, _ code: Int32) -> CalibrationError {
    .outOfResources(
      "there is no memory of \(bytes) bytes that ranks share (/dev/shm): \(String(cString: strerror(code)))")
  }
}
