internal import CZlib

/// zlib's checksum of bytes.
public enum Checksum {
  /// The CRC-32 of RFC 1952, as gzip files end with: O(bytes), a gigabyte a second.
  public static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CZlib.crc32(0, nil, 0)
    var start = 0
    while start < bytes.count {
      let end = min(start + 1 << 30, bytes.count)
      checksum = bytes[start..<end].withUnsafeBufferPointer { CZlib.crc32(checksum, $0.baseAddress, uInt($0.count)) }
      start = end
    }
    return UInt32(truncatingIfNeeded: checksum)
  }
}
