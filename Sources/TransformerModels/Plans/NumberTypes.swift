public import GEMMTiming

/// The element types of a step beside that of its products.
///
/// Where products are computed in less than 16 bits, everything else stays in bf16 as programs have it: residual stream,
/// norms, attention, exchanges, embedding and head.
public struct NumberTypes: Hashable, Sendable {
  /// Of everything between the products.
  public var activation: DataType
  /// How weights are stored.
  public var weight: WeightFormat
  /// Whether attention's weights are stored so too, or in the activations' type.
  public var storesAttentionSo = true
  /// Of cached keys and values.
  public var cache: DataType

  /// The usual types beside products in `dtype`.
  public init(for dtype: DataType) {
    activation = dtype.size < 2 ? .bf16 : dtype
    weight = .plain(dtype)
    cache = activation
  }
}

/// How a weight is stored.
public enum WeightFormat: Hashable, Sendable {
  case plain(DataType)
  /// 4 bits a weight, and a scale of so many bits for each group of so many weights.
  case packed(name: String, bits: Int, scaleBits: Int, group: Int)

  /// Integers of 4 bits with a scale and a zero in 16 and 4 bits for 128 weights, as GPTQ and AWQ store them.
  public static let int4 = WeightFormat.packed(name: "int4", bits: 4, scaleBits: 20, group: 128)
  /// MXFP4: a shared exponent of 8 bits for 32 weights (OCP Microscaling Formats 1.0, §5.2).
  public static let mxfp4 = WeightFormat.packed(name: "mxfp4", bits: 4, scaleBits: 8, group: 32)
  /// Normal floats of 4 bits with a scale of 8 bits for 64 weights, scales quantized again (Dettmers et al., *QLoRA*, arXiv 2305.14314).
  public static let nf4 = WeightFormat.packed(name: "nf4", bits: 4, scaleBits: 8, group: 64)

  /// The packed formats.
  public static let packed: [WeightFormat] = [.int4, .mxfp4, .nf4]

  /// Bytes of one weight, its part of the scales included.
  public var size: Double {
    switch self {
    case .plain(let type): Double(type.size)
    case .packed(_, let bits, let scaleBits, let group): (Double(bits) + Double(scaleBits) / Double(group)) / 8
    }
  }

  /// Bits of one weight without scales.
  public var bits: Int {
    switch self {
    case .plain(let type): 8 * type.size
    case .packed(_, let bits, _, _): bits
    }
  }

  /// The name on the command line.
  public var name: String {
    switch self {
    case .plain(let type): type.rawValue
    case .packed(let name, _, _, _): name
    }
  }
}
