internal import Foundation

/// Many numbers of a model file: the base64 of their bytes, eight a number, little-endian.
///
/// A reader takes a microsecond for a number in digits, and a fit has hundreds of thousands.
struct PackedNumbers: Codable, Hashable, Sendable {
  var values: [Double]

  init(_ values: [Double]) { self.values = values }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let bytes = try container.decode(Data.self)
    let size = MemoryLayout<UInt64>.size
    guard bytes.count.isMultiple(of: size) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(bytes.count) bytes are no numbers")
    }
    values = bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / size).map { index in
        Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * size, as: UInt64.self)))
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    let bits = values.map { $0.bitPattern.littleEndian }
    try container.encode(bits.withUnsafeBytes { Data($0) })
  }

  /// The numbers in groups of so many; nil where they do not come out even.
  func groups(of size: Int) -> [ArraySlice<Double>]? {
    guard size > 0, values.count.isMultiple(of: size) else { return nil }
    return stride(from: 0, to: values.count, by: size).map { values[$0..<$0 + size] }
  }
}
