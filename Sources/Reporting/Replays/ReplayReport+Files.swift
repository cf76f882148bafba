internal import DataFiles
internal import GEMMTiming
internal import TransformerModels

extension ReplayReport {
  /// The columns of the CSV.
  public static let columns = [
    "name", "kind", "m", "k", "n", "batch", "trans_b", "read_bytes", "written_bytes", "measured_us", "measured_lo_us",
    "measured_hi_us", "measured_min_us", "samples", "forecast_us", "forecast_lo_us", "forecast_hi_us", "ratio",
    "in_interval", "share",
  ]

  /// A row for each operation in the order of the DAG, then the layer, what of it is forecast, and the step's layers.
  public func csv() -> String {
    let rows = operations.map { operation in
      [operation.name, operation.kind] + operation.extents
        + figures(operation.measured, operation.forecast.map { TimeInterval90($0) })
        + [FixedPoint.text(operation.measured.seconds / layer.seconds, decimals: 6)]
    }
    let none = Array(repeating: "", count: 7)
    let count = Double(modelLayers)
    let totals = [
      ["layer", "total"] + none + figures(layer, unforecast.isEmpty ? forecast : nil) + ["1"],
      ["layer_forecast_part", "total"] + none + figures(part, forecast)
        + [FixedPoint.text(comparable / layer.seconds, decimals: 6)],
      ["step_layers", "total"] + none + figures(layer.scaled(by: count), unforecast.isEmpty ? stepForecast : nil)
        + [FixedPoint.text(count, decimals: 0)],
    ]
    return CSVDocument.serialize(header: Self.columns, rows: rows + totals)
  }

  /// All figures; times in microseconds, as the CSV has them.
  public func json() -> String {
    JSONText.object([
      ("model", .string(model)), ("work", .string(work)), ("device", .string(device)), ("layers", .integer(layers)),
      ("passes", .integer(passes)), ("model_layers", .integer(modelLayers)),
      ("operations", .array(operations.map { member($0) })),
      ("layer", .object(Self.members(layer, unforecast.isEmpty ? forecast : nil))),
      ("layer_clock_us", .number(clocked * 1e6)), ("excess", .number(excess)),
      ("layer_forecast_part", .object(Self.members(part, forecast))),
      ("error", error.map(JSONText.number) ?? .null), ("in_interval", isInside.map(JSONText.bool) ?? .null),
      ("not_forecast", .array(unforecast.map { .string($0.name) })),
      (
        "step_layers",
        .object(Self.members(layer.scaled(by: Double(modelLayers)), unforecast.isEmpty ? stepForecast : nil))
      ),
      (
        "setting",
        .object([
          ("library", .string(setting.library)), ("kernel", .string(setting.kernel)),
          ("ranks", .integer(setting.ranks)),
          ("threads", .integer(setting.threads)),
          ("hardware_threads", .array(setting.hardwareThreads.map(JSONText.integer))),
          ("weights", .string(setting.weights)),
        ])
      ),
      ("assumptions", .array(assumptions.map(JSONText.string))),
      (
        "output",
        .object([
          ("root_mean_square", .number(output.rootMeanSquare)),
          ("values", .array(output.values.map { .number(Double($0)) })),
        ])
      ),
    ]).text
  }

  /// The layer without what is not forecast, as measured.
  private var part: Measured {
    let cut = layer.seconds - comparable
    return Measured(
      seconds: comparable, low: layer.low - cut, high: layer.high - cut, minimum: layer.minimum - cut,
      samples: layer.samples)
  }

  private func member(_ operation: Operation) -> JSONText {
    var members: [(String, JSONText)] = [("name", .string(operation.name)), ("kind", .string(operation.kind))]
    switch operation.operation {
    case .gemm(let shape, _, _):
      members += [("m", shape.m), ("k", shape.k), ("n", shape.n), ("batch", shape.batch)].map { ($0, .integer($1)) }
      members.append(("layout", .string(operation.layout?.rawValue ?? "nn")))
    case .memory(let traffic):
      members += [("read_bytes", .number(traffic.read)), ("written_bytes", .number(traffic.written))]
    case .communication(let exchange): members.append(("bytes", .number(exchange.bytes)))
    case .attention, .none: break
    }
    let share = ("share", JSONText.number(operation.measured.seconds / layer.seconds))
    return .object(
      members + Self.members(operation.measured, operation.forecast.map { TimeInterval90($0) }) + [share])
  }

  private static func members(_ measured: Measured, _ forecast: TimeInterval90?) -> [(String, JSONText)] {
    [
      ("measured_us", .number(measured.seconds * 1e6)), ("measured_lo_us", .number(measured.low * 1e6)),
      ("measured_hi_us", .number(measured.high * 1e6)), ("measured_min_us", .number(measured.minimum * 1e6)),
      ("samples", .integer(measured.samples)), ("forecast_us", forecast.map { .number($0.seconds * 1e6) } ?? .null),
      ("forecast_lo_us", forecast.map { .number($0.low * 1e6) } ?? .null),
      ("forecast_hi_us", forecast.map { .number($0.high * 1e6) } ?? .null),
    ]
  }

  private func figures(_ measured: Measured, _ forecast: TimeInterval90?) -> [String] {
    let times = [measured.seconds, measured.low, measured.high, measured.minimum].map(TimingTable.microseconds)
    let expected =
      forecast.map { forecast in
        [forecast.seconds, forecast.low, forecast.high].map(TimingTable.microseconds) + [
          FixedPoint.text(forecast.seconds / measured.seconds, decimals: 6),
          forecast.low <= measured.seconds && measured.seconds <= forecast.high ? "1" : "0",
        ]
      } ?? Array(repeating: "", count: 5)
    return times + [String(measured.samples)] + expected
  }
}

extension ReplayReport.Measured {
  /// The times of so many of the same.
  func scaled(by factor: Double) -> ReplayReport.Measured {
    ReplayReport.Measured(
      seconds: factor * seconds, low: factor * low, high: factor * high, minimum: factor * minimum, samples: samples)
  }
}

extension ReplayReport.Operation {
  /// One word on what it is.
  var kind: String {
    switch operation {
    case .gemm: "gemm"
    case .memory(let traffic): traffic.kind.rawValue
    case .communication(let exchange): exchange.kind.rawValue
    case .attention, .none: "move"
    }
  }

  /// `m`, `k`, `n`, `batch`, `trans_b`, `read_bytes`, `written_bytes` as fields.
  fileprivate var extents: [String] {
    switch operation {
    case .gemm(let shape, _, _):
      [shape.m, shape.k, shape.n, shape.batch].map(String.init) + [layout?.transposesB == true ? "1" : "0", "", ""]
    case .memory(let traffic):
      ["", "", "", "", ""] + [traffic.read, traffic.written].map { FixedPoint.text($0, decimals: 0) }
    case .communication(let exchange):
      ["", "", "", "", "", FixedPoint.text(exchange.bytes, decimals: 0), ""]
    case .attention, .none: Array(repeating: "", count: 7)
    }
  }
}
