public import GEMMTiming

/// A part of the space of shapes in which errors are counted on their own.
public enum Regime: String, CaseIterable, Sendable {
  case all
  /// m, k and n are all at least 64.
  case allDimensionsAtLeast64 = "m, k, n >= 64"
  /// Decoding: m is at most 16.
  case fewRows = "m <= 16"
  /// Fewer than 10⁷ flops.
  case small = "flops < 1e7"
  /// 10⁷ to 10⁹ flops.
  case medium = "1e7 <= flops < 1e9"
  /// At least 10⁹ flops.
  case large = "flops >= 1e9"
  /// As a layer's weights have them: k and n multiples of 64, of 128 and more, and at most 640 rows.
  case layers = "shapes of models"

  /// Whether a shape lies in the regime.
  public func contains(_ shape: GEMMShape) -> Bool {
    switch self {
    case .all: true
    case .allDimensionsAtLeast64: min(shape.m, shape.k, shape.n) >= 64
    case .fewRows: shape.m <= 16
    case .small: shape.flops < 1e7
    case .medium: shape.flops >= 1e7 && shape.flops < 1e9
    case .large: shape.flops >= 1e9
    case .layers:
      shape.k >= 128 && shape.n >= 128 && shape.k.isMultiple(of: 64) && shape.n.isMultiple(of: 64) && shape.m <= 640
    }
  }
}
