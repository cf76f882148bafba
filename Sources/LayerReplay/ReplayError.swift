internal import DataFiles
public import HostCalibration
public import TransformerModels

/// Why a model's layers cannot be run on this host.
public enum ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Something that is not run here; the text says what, and what is.
  case notRun(String)
  /// Weights, caches and activations need more bytes than there are.
  case memory(MemoryShortage)
  /// The ranks' process failed, or the host cannot be looked at.
  case calibration(CalibrationError)
  /// The plan cannot carry the model.
  case model(ModelError)
  /// What a rank's process says of itself, and the code that it would end with.
  case rank(String, code: Int32)

  /// One line for people.
  public var description: String {
    switch self {
    case .notRun(let text): text
    case .memory(let shortage): shortage.description
    case .calibration(let error): error.description
    case .model(let error): error.description
    case .rank(let text, _): text
    }
  }

  /// The code of `sysexits.h` that a command should end with.
  public var exitCode: Int32 {
    switch self {
    case .notRun, .model: 64
    case .memory(let shortage): shortage.isOfOption ? 65 : 71
    case .calibration(let error): error.exitCode
    case .rank(_, let code): code
    }
  }
}

/// By how much memory is too small, and what would fit.
public struct MemoryShortage: Hashable, Sendable, CustomStringConvertible {
  /// Layers that were to have weights of their own.
  public let layers: Int
  /// Ranks that hold a part of each.
  public let ranks: Int
  /// Bytes of weights and caches, of all ranks.
  public let weights: Double
  /// Bytes of everything else, of all ranks.
  public let activations: Double
  /// Bytes that there are.
  public let limit: Double
  /// Whether an option sets the limit, or the machine.
  public let isOfOption: Bool
  /// Layers that would fit; 0 where not even one does.
  public let fitting: Int

  /// One line for people.
  public var description: String {
    let need =
      "\(layers) \(layers == 1 ? "layer needs" : "layers need") \(Self.size(weights + activations)): "
      + "\(Self.size(weights)) of weights and caches and \(Self.size(activations)) of activations"
      + (ranks > 1 ? " on \(ranks) ranks" : "")
    let given = isOfOption ? "--max-memory is \(Self.size(limit))" : "\(Self.size(limit)) can be had here"
    let cures =
      (fitting > 0 && fitting < layers ? ["--layers \(fitting) would fit"] : ["a smaller --batch or --seq needs less"])
      + (isOfOption ? ["or give more with --max-memory"] : [])
    return "\(need); \(given); \(cures.joined(separator: ", "))"
  }

  private static func size(_ bytes: Double) -> String {
    bytes < 0x1p30
      ? FixedPoint.text(bytes / 0x1p20, decimals: bytes < 0x1p20 ? 2 : 0) + " MiB"
      : FixedPoint.text(bytes / 0x1p30, decimals: 1) + " GiB"
  }
}
