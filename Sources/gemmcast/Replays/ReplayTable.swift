internal import GEMMTiming
internal import HostCalibration
internal import LayerReplay
internal import Reporting
internal import TransformerModels

/// The timing table that a replay's products are added to.
struct ReplayTable {
  private let path: String
  private let topology: HostTopology
  /// The right to write it, as long as this lives.
  private let lock: MachineLock

  /// A table to add to; nil where none is asked for.
  ///
  /// - Throws: `Failure` where weights would be found in caches, which is not what such rows say; `CalibrationError` for a file
  ///   that cannot be written.
  init?(_ path: String?, need: MemoryNeed, layers: Int, topology: HostTopology) throws {
    guard let path else { return nil }
    guard need.isCold(layers: layers, topology: topology) else {
      throw Failure.usage(
        "--append wants weights that no cache holds, \(Quantity.binaryBytes(MemoryNeed.coldBytes(topology))) or more; the "
          + "\(Quantity.counted(layers, "layer")) here \(layers == 1 ? "has" : "have") "
          + "\(Quantity.binaryBytes(Double(layers) * need.layer)); take a larger model, or more --layers")
    }
    (self.path, self.topology, lock) = (path, topology, try MachineLock.output(path))
    try TableFile(path: path).checkWritable()
  }

  /// Adds the products of a measurement.
  func add(_ measurement: ReplayMeasurement, of layer: LayerGraph, options: ReplayOptions) throws {
    // What an operation before has just written is no row of a sequence: it is near.
    let products = layer.gemms.compactMap { operation -> SequenceRows.Product? in
      guard let shape = operation.shape, let role = operation.productRole, role.readsStoredOperand,
        let times = measurement.times(of: operation.name)
      else { return nil }
      return SequenceRows.Product(
        shape, layout: role.layout(options.weights), median: times.median, low: times.low, high: times.high,
        minimum: times.minimum, samples: times.count)
    }
    let rows = try SequenceRows(
      products, topology: topology, build: measurement.openBLAS, threads: options.threads,
      hardwareThreads: measurement.hardwareThreads.flatMap(\.self), passes: measurement.passes, seed: options.seed)
    try rows.merged(with: path).write(to: path)
    withExtendedLifetime(lock) {}
    Diagnostics.note("\(rows.table.rows.count) rows of products added to \(path)")
  }
}

extension ReplayMeasurement {
  /// The times of the operation of that name; nil where it was not timed.
  func times(of name: String) -> Times? { operations.first { $0.name == name }?.times }
}
