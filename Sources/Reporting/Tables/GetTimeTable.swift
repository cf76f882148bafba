internal import DataFiles
public import GEMMTiming
public import TransformerModels

/// The Get_Time table: every GEMM of every layer with its time on a device.
public struct GetTimeTable: Sendable {
  /// One GEMM of one layer.
  public struct Row: Hashable, Sendable {
    /// The layer, from 0.
    public let layer: Int
    /// What the GEMM is for, and its shape.
    public let operation: LayerOperation
    /// The extents that are printed; flattened to batch·m rows where the document's shapes are asked for.
    public let printed: GEMMShape
    /// The shape that is costed.
    public let costed: GEMMShape
    /// Its time.
    public let prediction: TimePrediction
  }

  /// The rows, layer by layer in the document's order.
  public let rows: [Row]
  /// The element type.
  public let dtype: DataType
  /// The device's name.
  public let device: String
  /// The compute ceiling in flop/s that percentages refer to; nil where the device states none.
  public let peakFlops: Double?

  /// Asks a device for every GEMM of a model's layers, for one micro-batch on one GPU.
  ///
  /// Under the document's sharding a batched GEMM is printed flattened, as the document does: (batch·m, k, n). Its flops
  /// are the same; its bytes and time are those of the batched product, whose B matrices are separate.
  ///
  /// - Throws: `ModelError` when the plan cannot carry the model or the device cannot do an operation.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(), device: any GEMMTimeModel
  ) throws(ModelError) {
    let sharded = try ShardedLayer(model: model, plan: plan, options: options)
    let gemms = sharded.gemms + sharded.backward.filter { $0.shape != nil }
    var template: [(operation: LayerOperation, printed: GEMMShape, costed: GEMMShape, prediction: TimePrediction)] = []
    for gemm in gemms {
      guard let costed = gemm.shape else { continue }
      let prediction: TimePrediction
      do { prediction = try device.predict(costed, plan.dtype) } catch { throw .unsupported(error) }
      let printed = plan.sharding == .documented ? gemm.printedShape ?? costed : costed
      template.append((gemm, printed, costed, prediction))
    }
    rows = (0..<model.layers).flatMap { layer in
      template.map {
        Row(layer: layer, operation: $0.operation, printed: $0.printed, costed: $0.costed, prediction: $0.prediction)
      }
    }
    dtype = plan.dtype
    self.device = device.deviceName
    peakFlops = device.peakFlops(plan.dtype)
  }

  /// The columns of the CSV.
  public static let columns = [
    "layer", "op", "role", "m", "k", "n", "batch", "dtype", "device", "flops", "bytes", "arithmetic_intensity",
    "time_us",
    "time_lo_us", "time_hi_us", "tflops", "percent_of_peak", "bound", "source",
  ]

  /// The table as CSV text.
  public func csv() -> String {
    CSVDocument.serialize(
      header: Self.columns,
      rows: rows.lazy.map { row in
        let bytes = row.costed.bytes(dtype)
        let throughput = row.costed.flops / row.prediction.seconds
        let shape = [row.printed.m, row.printed.k, row.printed.n, row.printed.batch].map(String.init)
        return [String(row.layer), row.operation.name, row.operation.role.component?.rawValue ?? ""] + shape + [
          dtype.rawValue, device, FixedPoint.text(row.costed.flops, decimals: 0), FixedPoint.text(bytes, decimals: 0),
          FixedPoint.text(row.costed.flops / bytes, decimals: 3),
        ] + row.prediction.microsecondFields + [
          FixedPoint.text(throughput / 1e12, decimals: 4),
          peakFlops.map { FixedPoint.text(100 * throughput / $0, decimals: 3) } ?? "",
          row.prediction.bound.rawValue, row.prediction.source.rawValue,
        ]
      })
  }

  /// The GEMMs of one layer as a table for people; all layers have the same.
  public func layerTable() -> DocumentTable {
    DocumentTable(
      [
        .init("GEMM"), .init("Get_Time(m,k,n)"), .init("time", .right), .init("90 % interval", .right),
        .init("throughput", .right), .init("of peak", .right), .init("flop/byte", .right), .init("bound"),
        .init("source"),
      ],
      rows: rows.filter { $0.layer == 0 }.map { row in
        let throughput = row.costed.flops / row.prediction.seconds
        return [
          row.operation.name, row.printed.description, Quantity.time(row.prediction.seconds),
          row.prediction.intervalText,
          Quantity.throughput(throughput), peakFlops.map { Quantity.percent(throughput / $0) } ?? "",
          Quantity.significant(row.costed.arithmeticIntensity(dtype), digits: 4), row.prediction.bound.rawValue,
          row.prediction.source.rawValue,
        ]
      })
  }
}
