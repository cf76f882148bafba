internal import CZlib

/// The gzip format (RFC 1952) of bytes that are at hand as a whole.
enum Gzip {
  /// The bytes as one gzip member, without a name or time, so that the same bytes always give the same file.
  ///
  /// zlib's `compress2` gives the deflated bytes between a header of two bytes and a checksum of four (RFC 1950), which
  /// gzip's own take the place of. O(bytes).
  ///
  /// - Returns: nil where zlib has no memory for it.
  static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    var length = compressBound(uLong(bytes.count))
    var deflated = Array(repeating: UInt8(0), count: Int(length))
    guard compress2(&deflated, &length, bytes, uLong(bytes.count), Z_DEFAULT_COMPRESSION) == Z_OK, length >= 6 else {
      return nil
    }
    // Magic number, deflate, no flags, no time, no extra flags, Unix.
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    result += deflated[2..<Int(length) - 4]
    for word in [Checksum.crc32(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
      for shift in [0, 8, 16, 24] as [UInt32] { result.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return result
  }
}
