internal import DataFiles
internal import GEMMTiming
internal import TransformerModels

extension StepComparison {
  /// The columns of the CSV; times are of one step.
  public static let columns = [
    "operation", "kind", "matched_by", "m", "k", "n", "batch", "bytes", "ranks", "measured_calls", "measured_us",
    "forecast_calls", "forecast_us", "forecast_lo_us", "forecast_hi_us", "gap_us", "gap_share", "in_interval",
    "trace_names",
  ]

  /// All rows, the largest gap first, then totals: all operations, busy and idle time, and the step.
  public func csv() -> String {
    CSVDocument.serialize(header: Self.columns, rows: rows.map(fields) + totals)
  }

  private func fields(_ row: Row) -> [String] {
    [row.forecast?.names.joined(separator: " ") ?? row.title, row.kind.rawValue, row.basis.rawValue]
      + row.extentFields.map { $0.map { String($0) } ?? "" }
      + (row.measured.map { [Self.number($0.calls), TimingTable.microseconds($0.seconds)] } ?? ["", ""])
      + [row.forecast.map { Self.number($0.calls) } ?? ""]
      + (row.forecast.map { Self.fields($0.interval) } ?? ["", "", ""])
      + [
        TimingTable.microseconds(row.gap), FixedPoint.text(share(row), decimals: 6),
        row.isInside.map { $0 ? "1" : "0" } ?? "",
        row.measured?.names.map(\.name).joined(separator: "; ") ?? "",
      ]
  }

  private var totals: [[String]] {
    func row(_ name: String, _ measured: Double?, _ forecast: [String], _ seconds: Double) -> [String] {
      [name, "total"] + Array(repeating: "", count: 8)
        + [measured.map(TimingTable.microseconds) ?? "", ""] + forecast
        + [measured.map { TimingTable.microseconds($0 - seconds) } ?? "", "", "", ""]
    }
    func part(_ name: String, _ part: KeyPath<Length, Double>) -> [String] {
      row(
        name, measured?[keyPath: part], [TimingTable.microseconds(forecast[keyPath: part]), "", ""],
        forecast[keyPath: part])
    }
    return [
      row("all_operations", measuredSeconds, Self.fields(forecastSeconds), forecastSeconds.seconds),
      part("busy", \.busy), part("idle", \.idle),
      row("step", measured?.whole, Self.fields(interval), interval.seconds),
    ]
  }

  private static func fields(_ interval: TimeInterval90) -> [String] {
    [interval.seconds, interval.low, interval.high].map(TimingTable.microseconds)
  }

  private static func number(_ calls: Double) -> String {
    FixedPoint.text(calls, decimals: calls == calls.rounded() ? 0 : 3)
  }

  /// All figures under the CSV's names, and the trace's names with their own calls and times.
  public func json() -> String {
    JSONText.object([
      ("model", .string(model)), ("device", .string(device)),
      ("measured_device", step.device.map(JSONText.string) ?? .null), ("steps", .integer(step.steps)),
      ("step", .object(Self.members(measured?.whole, interval))),
      ("busy", .object(members(\.busy))), ("idle", .object(members(\.idle))),
      ("all_operations", .object(Self.members(measuredSeconds, forecastSeconds))),
      ("operations", .array(rows.map { .object(members($0)) })),
      ("remarks", .array(remarks.map { .string($0) })), ("assumptions", .array(assumptions.map { .string($0) })),
    ]).text
  }

  private func members(_ row: Row) -> [(String, JSONText)] {
    let extents = zip(["m", "k", "n", "batch", "bytes", "ranks"], row.extentFields).compactMap { name, value in
      value.map { (name, JSONText.integer($0)) }
    }
    let names = (row.measured?.names ?? []).map { name, calls, seconds in
      JSONText.object([
        ("name", .string(name)), ("calls", .number(calls)), ("time_us", .number(seconds * 1e6)),
      ])
    }
    return [
      ("operation", .string(row.title)), ("kind", .string(row.kind.rawValue)),
      ("matched_by", .string(row.basis.rawValue)), ("extents", row.isShaped ? .string(row.extents) : .null),
    ] + extents + [
      ("measured_calls", row.measured.map { .number($0.calls) } ?? .null),
      ("forecast_calls", row.forecast.map { .number($0.calls) } ?? .null),
    ] + Self.members(row.measured?.seconds, row.forecast?.interval) + [
      ("gap_us", .number(row.gap * 1e6)), ("gap_share", .number(share(row))),
      ("in_interval", row.isInside.map(JSONText.bool) ?? .null),
      ("forecast_operations", .array((row.forecast?.names ?? []).map { .string($0) })),
      ("trace_names", .array(names)),
    ]
  }

  private func members(_ part: KeyPath<Length, Double>) -> [(String, JSONText)] {
    [
      ("measured_us", measured.map { .number($0[keyPath: part] * 1e6) } ?? .null),
      ("forecast_us", .number(forecast[keyPath: part] * 1e6)),
    ]
  }

  private static func members(_ measured: Double?, _ forecast: TimeInterval90?) -> [(String, JSONText)] {
    [
      ("measured_us", measured.map { .number($0 * 1e6) } ?? .null),
      ("forecast_us", forecast.map { .number($0.seconds * 1e6) } ?? .null),
      ("forecast_lo_us", forecast.map { .number($0.low * 1e6) } ?? .null),
      ("forecast_hi_us", forecast.map { .number($0.high * 1e6) } ?? .null),
    ]
  }
}

extension StepComparison.Row {
  /// `m`, `k`, `n`, `batch`, `bytes`, `ranks`, as far as they are of such an operation.
  fileprivate var extentFields: [Int?] {
    switch work {
    case .product(let shape, _): [shape.m, shape.k, shape.n, shape.batch, nil, nil]
    case .exchange(_, let bytes, let ranks): [nil, nil, nil, nil, bytes, ranks]
    case .attention, .unknown: Array(repeating: nil, count: 6)
    }
  }
}
