public import GEMMTiming
internal import LinearSolvers
public import ModelStatistics

/// A device's rows beside what is said of them by a model that has seen other devices' rows alone.
public struct LeftOutDevice: Sendable {
  /// The device.
  public let name: String
  /// How predictions compare with its rows.
  public let statistics: ErrorStatistics

  /// Predicts all rows of a device by what the other devices of a fit have in common; nil where none of those has rows of
  /// such kernels, or the device has none itself.
  ///
  /// - Parameters:
  ///   - device: the device that is left out.
  ///   - rows: measured times; those of other devices are left out.
  ///   - fit: the rows of all devices.
  /// - Throws: `SolverError`, or `UnsupportedOperation` for a row that the device cannot do.
  public init?(_ device: DeviceSpecification, rows: [TimingRow], fit: CommonGEMMFit) throws {
    let own = rows.filter { $0.device == device.name && $0.routine == .gemm }
    let common = try fit.common(leavingOut: device.name, source: "leaving out \(device.name)")
    let model = DeviceModel(specification: device, shape: .unused, detail: .tiles, common: common)
    let known = own.filter { common.has(device.kernels(for: $0.dtype)) }
    let pairs = try known.map { row in
      let time = try (row.cache == .cold ? model.inSteps : model).predict(row.shape, row.dtype)
      return (measured: row.seconds, predicted: time.seconds, low: time.low, high: time.high)
    }
    guard let statistics = ErrorStatistics(pairs) else { return nil }
    name = device.name
    self.statistics = statistics
  }
}
