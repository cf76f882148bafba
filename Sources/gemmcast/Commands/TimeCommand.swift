internal import ArgumentParser
internal import DeviceModels
internal import GEMMTiming
internal import Reporting

/// `gemmcast time`: shapes in, Get_Time out.
struct TimeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "time",
    abstract: "Predict how long GEMMs take: C[m×n] = A[m×k]·B[k×n].",
    discussion: """
      Prints the median time with its 90 % prediction interval, what bounds it, and where the figure comes from.

        gemmcast time --m 1024 --k 1024 --n 1024 --device host
        gemmcast time --m 8 --k 896 --n 4864 --device host --cache sequence --weights out-in
        gemmcast time --shapes shapes.csv --device h200-sxm-141gb --dtype bf16 --format csv
      """)

  enum Format: String, OutputFormat { case text, markdown, json, csv }

  @OptionGroup var shapes: ShapeOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var place: CacheOptions
  @OptionGroup var layout: WeightOptions
  @OptionGroup var output: OutputOptions<Format>

  func run() throws {
    let requests = try shapes.requests()
    let types = requests.map { $0.dtype ?? device.resolvedType }
    let models = try TimeModels(
      tables: tables, device: device, for: .gemms(types), operands: HostOperands(place, layout, of: device))
    let rows = try zip(requests, types).map { request, dtype in
      PredictionsCSV.Row(
        shape: request.shape, dtype: dtype, device: models.device.deviceName,
        prediction: try models.predict(request, dtype),
        weights: (models.device as? DeviceModel)?.weights(of: dtype)?.rawValue)
    }
    let weights = Set(rows.compactMap(\.weights)).sorted().compactMap(DeviceModel.Weights.init).map(\.sentence)
    switch output.format {
    case .csv: try output.write(PredictionsCSV.text(rows))
    case .json: try output.write(PredictionsCSV.json(rows))
    case .markdown: try output.write(PredictionsCSV.table(rows).markdown + weights.map { "\n" + $0 + "\n" }.joined())
    case .text:
      try output.write(PredictionsCSV.table(rows).text + weights.map { $0 + "\n" }.joined())
      for sentence in models.provenance { Diagnostics.note(sentence) }
    }
  }
}

extension DeviceModel.Weights {
  /// A line on how an answer is to be understood.
  fileprivate var sentence: String {
    switch self {
    case .inTurn:
      "Weights: six of a product's size in turn, as benchmarks use them, so that small ones stay in the last-level cache; "
        + "--cache cold has them from memory, as a step does."
    case .memory: "Weights: from memory, as a step has them; --cache hot has six in turn, as benchmarks do."
    }
  }
}
