/// Bytes that a memory-bound kernel reads and writes in device memory.
public struct MemoryTraffic: Hashable, Sendable {
  /// What the kernel does: devices reach different fractions of their bandwidth in different kinds of kernel.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    case layerNorm = "layer_norm"
    case rmsNorm = "rms_norm"
    case softmax, gelu, swiglu, rotary
    case residual, embedding, copy
    case optimizer
  }

  /// What the kernel does.
  public let kind: Kind
  /// Bytes read.
  public let read: Double
  /// Bytes written.
  public let written: Double
  /// Rows that are worked on one by one, as norms and softmax do; nil where there are none or nobody says.
  public let rows: Double?

  /// Traffic of one kernel launch, in bytes, over so many rows.
  public init(_ kind: Kind, read: Double, written: Double, rows: Double? = nil) {
    self.kind = kind
    self.read = read
    self.written = written
    self.rows = rows
  }

  /// Bytes in both directions.
  public var bytes: Double { read + written }
}
