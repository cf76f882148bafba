internal import Foundation
public import GEMMTiming

/// Rows of products that were timed where a model's step has them, for a host's timing table.
public struct SequenceRows: Sendable {
  /// One product's times in seconds.
  public struct Product: Sendable {
    let shape: GEMMShape
    let layout: OperandLayout
    let median, low, high, minimum: Double
    let samples: Int

    /// Times of a product: the median with its 95 % confidence interval, and the fastest.
    public init(
      _ shape: GEMMShape, layout: OperandLayout, median: Double, low: Double, high: Double, minimum: Double,
      samples: Int
    ) {
      (self.shape, self.layout) = (shape, layout)
      (self.median, self.low, self.high, self.minimum) = (median, low, high, minimum)
      self.samples = samples
    }
  }

  /// The rows; products of one shape and layout are pooled.
  public let table: TimingTable
  private let origin: RowOrigin

  /// Rows of `products`.
  ///
  /// - Parameters:
  ///   - products: what was timed.
  ///   - topology: the host.
  ///   - build: the library that computed them.
  ///   - threads: how many threads each used.
  ///   - hardwareThreads: those that were bound.
  ///   - passes: how often each was timed in its place.
  ///   - seed: what decided the operands' contents.
  /// - Throws: ``CalibrationError/notPoolable(_:)``.
  public init(
    _ products: [Product], topology: HostTopology, build: OpenBLASBuild, threads: Int, hardwareThreads: [Int],
    passes: Int, seed: UInt64
  ) throws(CalibrationError) {
    let origin = RowOrigin(topology, build: build, seed: seed)
    let columns = origin.columns(passes: passes, calls: 1, pinnedTo: hardwareThreads)
    let rows = products.map { product in
      var row = TimingRow(
        device: origin.device, dtype: .fp32, shape: product.shape, seconds: product.median, low: product.low,
        high: product.high, minimum: product.minimum, samples: product.samples, threads: threads, cache: .sequence,
        layout: product.layout)
      row.other = columns
      return row
    }
    self.origin = origin
    table = try TablePooling.merge([TimingTable(rows: rows, otherColumns: Calibrator.tableColumns)]).table
  }

  /// The table at a path with these rows pooled into it, or these alone where there is no file.
  ///
  /// - Throws: ``CalibrationError/otherCalibration(file:column:theirs:ours:)`` for a table of another machine, library or
  ///   kernel; ``CalibrationError/file(_:)`` for one that cannot be read.
  public func merged(with path: String) throws(CalibrationError) -> TimingTable {
    guard FileManager.default.fileExists(atPath: path) else { return table }
    let earlier = try TableFile(path: path).read()
    for row in earlier.rows { try origin.require(row, file: path) }
    return try TablePooling.merge([earlier, table]).table
  }
}
