/// `Get_Time`: how long an operation takes on one device.
///
/// This is where the fit meets the graph: HostModels and DeviceModels give conformers (the host's fit, and a device scaled from
/// it), TransformerModels asks them, and neither knows the other.
public protocol GEMMTimeModel: Sendable {
  /// The device's name as in timing tables: `h100-sxm-80gb`, or the host's.
  var deviceName: String { get }

  /// The compute ceiling for an element type in flop/s: what percent-of-peak refers to; nil where the device has no
  /// such unit.
  func peakFlops(_ dtype: DataType) -> Double?

  /// The time of one operation.
  ///
  /// - Throws: ``UnsupportedOperation`` when the device cannot do it (an element type without a unit).
  func predict(_ operation: Operation) throws(UnsupportedOperation) -> TimePrediction
}

extension GEMMTimeModel {
  /// The time of a GEMM.
  public func predict(
    _ shape: GEMMShape, _ dtype: DataType
  ) throws(UnsupportedOperation) -> TimePrediction {
    try predict(.gemm(shape, dtype))
  }
}

/// A device was asked for what it cannot do.
public struct UnsupportedOperation: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name of the device that was asked.
  public let device: String
  /// What was asked, and what the device has instead.
  public let reason: String
  /// Whose fault it is.
  public let kind: Kind

  /// Why a device gives no time.
  public enum Kind: Hashable, Sendable {
    /// What was asked is beyond the device.
    case unsupported
    /// The model's answer cannot be a time.
    case impossible
  }

  /// Says what `device` cannot do and what it can.
  public init(device: String, reason: String, kind: Kind = .unsupported) {
    self.device = device
    self.reason = reason
    self.kind = kind
  }

  /// One line for people.
  public var description: String { "\(device): \(reason)" }
}
