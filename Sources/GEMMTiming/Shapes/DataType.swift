/// The element types that a GEMM is timed in.
///
/// C accumulates in fp32 on every device, for fp64 in fp64.
public enum DataType: String, CaseIterable, Hashable, Sendable, Codable {
  case fp32, tf32, fp16, bf16, fp8, int8, fp64

  /// Bytes of one element in memory (tf32 is stored as fp32).
  public var size: Int {
    switch self {
    case .fp64: 8
    case .fp32, .tf32: 4
    case .fp16, .bf16: 2
    case .fp8, .int8: 1
    }
  }

  /// Reads a name as other tools spell it: `float32`, `bfloat16`, `half`, `e4m3` and the like; nil when unknown.
  public init?(name: String) {
    switch name.lowercased() {
    case "fp32", "float32", "float", "f32", "single", "s": self = .fp32
    case "tf32", "tensorfloat32": self = .tf32
    case "fp16", "float16", "half", "f16", "h": self = .fp16
    case "bf16", "bfloat16": self = .bf16
    case "fp8", "float8", "f8", "e4m3", "float8_e4m3fn", "fp8_e4m3": self = .fp8
    case "int8", "i8", "s8": self = .int8
    case "fp64", "float64", "double", "f64", "d": self = .fp64
    default: return nil
    }
  }

  /// `fp32, tf32, fp16, bf16, fp8, int8, fp64`: for messages that say what would be right.
  public static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
