internal import DataFiles
internal import GEMMTiming
internal import TransformerModels

extension ReplayReport {
  /// The report for people: the layer in one line, then operation by operation, totals, and what was assumed.
  public var document: Document {
    Document(
      title: "Replay of \(model) on \(device)",
      sections: [
        .init("Layer", [.paragraph(summary), .table(table)]),
        .init("Totals", [.table(totals)] + (unforecastNote.map { [.paragraph($0)] } ?? [])),
        .init("Assumed", [.list(assumptions)]),
      ])
  }

  /// The layer in one line.
  public var summary: String {
    let measured = "\(work): a layer took \(Quantity.time(layer.seconds))"
    let shared =
      excess >= Self.shared
      ? " That is on cores of its own; others shared them, and by the clock it took \(Quantity.time(clocked))." : ""
    guard let forecast, let error, let isInside else { return "\(measured); nothing is forecast of it." + shared }
    let less =
      unforecast.isEmpty ? "" : ", \(Quantity.time(comparable)) of it without \(names(unforecast))"
    let deviation = Quantity.percent(abs(error)) + (error < 0 ? " too short" : " too long")
    return "\(measured)\(less); forecast \(Quantity.time(forecast.seconds)), 90 % interval "
      + "\(Quantity.time(forecast.low)) to \(Quantity.time(forecast.high)): \(deviation), "
      + (isInside ? "inside the interval." : "outside the interval.") + shared
  }

  private var table: DocumentTable {
    DocumentTable(
      [
        .init("operation"), .init("shape"), .init("measured µs", .right), .init("forecast µs", .right),
        .init("90 % interval", .right), .init("forecast/measured", .right), .init("share", .right),
      ],
      rows: byGap.map { operation in
        [operation.name, operation.shapeText, Self.microseconds(operation.measured.seconds)]
          + Self.fields(operation.forecast.map { TimeInterval90($0) }, measured: operation.measured.seconds)
          + [Quantity.percent(operation.measured.seconds / layer.seconds)]
      })
  }

  private var totals: DocumentTable {
    var rows = [
      ["layer", Self.microseconds(layer.seconds)]
        + Self.fields(unforecast.isEmpty ? forecast : nil, measured: layer.seconds)
    ]
    if !unforecast.isEmpty {
      rows.append(
        ["layer without \(names(unforecast))", Self.microseconds(comparable)]
          + Self.fields(forecast, measured: comparable))
    }
    if excess >= Self.shared { rows.append(["layer by the clock", Self.microseconds(clocked), "", "", ""]) }
    let count = Double(modelLayers)
    rows.append(
      ["step, \(modelLayers) layers only", Self.microseconds(count * layer.seconds)]
        + Self.fields(
          unforecast.isEmpty ? stepForecast : nil, measured: count * layer.seconds))
    return DocumentTable(
      [
        .init("total"), .init("measured µs", .right), .init("forecast µs", .right), .init("90 % interval", .right),
        .init("forecast/measured", .right),
      ], rows: rows)
  }

  /// From how many times as long on the clock's time is told beside that on cores of its own.
  private static let shared = 1.01

  /// The forecast of all layers of the model.
  var stepForecast: TimeInterval90? {
    let count = Double(modelLayers)
    return forecast.map {
      TimeInterval90(seconds: count * $0.seconds, low: count * $0.low, high: count * $0.high)
    }
  }

  private var unforecastNote: String? {
    guard !unforecast.isEmpty, forecast != nil else { return nil }
    return
      "Nothing is forecast of \(names(unforecast)): the host's model has no time for it. The forecast is of the others."
  }

  private func names(_ operations: [Operation]) -> String { operations.map(\.name).joined(separator: ", ") }

  /// Forecast, interval and ratio; of the interval nothing where there is no forecast.
  private static func fields(_ forecast: TimeInterval90?, measured: Double) -> [String] {
    guard let forecast else { return ["not forecast", "", ""] }
    guard forecast.seconds > 0 else { return ["0", "", ""] }
    return [
      microseconds(forecast.seconds), "\(microseconds(forecast.low)) … \(microseconds(forecast.high))",
      FixedPoint.text(forecast.seconds / measured, decimals: 3),
    ]
  }

  private static func microseconds(_ seconds: Double) -> String { Quantity.significant(seconds * 1e6, digits: 4) }
}

extension ReplayReport.Operation {
  /// The shape of a product with its layout, the bytes of a pass over memory or an exchange.
  var shapeText: String {
    switch operation {
    case .gemm(let shape, _, _): "\(shape) \(layout?.formula ?? "")"
    case .memory(let traffic): "reads \(Quantity.bytes(traffic.read)), writes \(Quantity.bytes(traffic.written))"
    case .communication(let exchange): "\(Quantity.bytes(exchange.bytes)) on \(exchange.ranks) ranks"
    case .attention, .none: "not in the DAG"
    }
  }
}
