internal import DataFiles
public import GEMMTiming
public import TransformerModels

/// The Get_Time table: every GEMM of every layer with its time on a device.
public struct GetTimeTable: Sendable {
  /// One GEMM of one layer, or of the head.
  public struct Row: Hashable, Sendable {
    /// The layer, from 0; nil for the head.
    public let layer: Int?
    /// What the GEMM is for, and its shape.
    public let operation: LayerOperation
    /// The extents that are printed; flattened to batch·m rows where the document's shapes are asked for.
    public let printed: GEMMShape
    /// The shape that is costed.
    public let costed: GEMMShape
    /// Its time.
    public let prediction: TimePrediction

    fileprivate func of(layer: Int) -> Row {
      Row(layer: layer, operation: operation, printed: printed, costed: costed, prediction: prediction)
    }
  }

  /// The rows, layer by layer in the document's order, then the head's.
  public let rows: [Row]
  /// The first layer of each kind.
  private let firstLayers: [Int]
  /// The element type.
  public let dtype: DataType
  /// The device's name.
  public let device: String
  /// The compute ceilings in flop/s that percentages refer to, by element type, where the device states one.
  public let peakFlops: [DataType: Double]

  /// Asks a device for every GEMM of a model's layers and of its head, for one micro-batch on one GPU.
  ///
  /// Under the document's sharding a batched GEMM is printed flattened, as the document does: (batch·m, k, n). Its flops
  /// are the same; its bytes and time are those of the batched product, whose B matrices are separate.
  ///
  /// - Throws: `ModelError` when the plan cannot carry the model or the device cannot do an operation.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(), device: any GEMMTimeModel
  ) throws(ModelError) {
    let products = try ModelProducts(model: model, plan: plan, options: options)
    func rows(_ operations: [LayerOperation], layer: Int?) throws(ModelError) -> [Row] {
      var rows: [Row] = []
      for operation in operations {
        guard let costed = operation.shape else { continue }
        let prediction: TimePrediction
        do { prediction = try device.predict(operation) } catch { throw .unsupported(error) }
        let printed = plan.sharding == .documented ? operation.printedShape ?? costed : costed
        rows.append(
          Row(layer: layer, operation: operation, printed: printed, costed: costed, prediction: prediction))
      }
      return rows
    }
    var all: [Row] = []
    var firsts: [Int] = []
    let kinds = try products.kinds.map { kind throws(ModelError) in try rows(kind, layer: nil) }
    for (layer, kind) in products.kindOfLayer.enumerated() {
      if !products.kindOfLayer[..<layer].contains(kind) { firsts.append(layer) }
      all += kinds[kind].map { $0.of(layer: layer) }
    }
    self.rows = all + (try rows(products.head, layer: nil))
    firstLayers = firsts
    dtype = plan.dtype
    self.device = device.deviceName
    var peaks: [DataType: Double] = [:]
    for type in Set(self.rows.compactMap(\.operation.dataType)) { peaks[type] = device.peakFlops(type) }
    peakFlops = peaks
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
        let dtype = row.operation.dataType ?? dtype
        let bytes = row.costed.bytes(dtype)
        let throughput = row.costed.flops / row.prediction.seconds
        let shape = [row.printed.m, row.printed.k, row.printed.n, row.printed.batch].map(String.init)
        return [row.layer.map(String.init) ?? "", row.operation.name, row.operation.role.component?.rawValue ?? ""]
          + shape + [
            dtype.rawValue, device, FixedPoint.text(row.costed.flops, decimals: 0), FixedPoint.text(bytes, decimals: 0),
            FixedPoint.text(row.costed.flops / bytes, decimals: 3),
          ] + row.prediction.microsecondFields + [
            FixedPoint.text(throughput / 1e12, decimals: 4),
            peakFlops[dtype].map { FixedPoint.text(100 * throughput / $0, decimals: 3) } ?? "",
            row.prediction.bound.rawValue, row.prediction.source.rawValue,
          ]
      })
  }

  /// The GEMMs of one layer of each kind, and of the head, as a table for people.
  public func layerTable() -> DocumentTable {
    DocumentTable(
      (firstLayers.count > 1 ? [.init("layer", .right)] : []) + [
        .init("GEMM"), .init("Get_Time(m,k,n)"), .init("time", .right), .init("90 % interval", .right),
        .init("throughput", .right), .init("of peak", .right), .init("flop/byte", .right), .init("bound"),
        .init("source"),
      ],
      rows: rows.filter { $0.layer.map(firstLayers.contains) ?? true }.map { row in
        let throughput = row.costed.flops / row.prediction.seconds
        let dtype = row.operation.dataType ?? dtype
        return (firstLayers.count > 1 ? [row.layer.map(String.init) ?? ""] : []) + [
          row.operation.name, row.printed.description, Quantity.time(row.prediction.seconds),
          row.prediction.intervalText,
          Quantity.throughput(throughput), peakFlops[dtype].map { Quantity.percent(throughput / $0) } ?? "",
          Quantity.significant(row.costed.arithmeticIntensity(dtype), digits: 4), row.prediction.bound.rawValue,
          row.prediction.source.rawValue,
        ]
      })
  }
}
