internal import DataFiles
internal import GEMMTiming
internal import TransformerModels

extension StepComparison {
  /// The comparison for people: both lengths and the largest gap in sentences, the largest gaps in a table, totals.
  public var document: Document {
    Document(
      title: "Step of \(model) on \(device), measured beside forecast",
      sections: [
        .init("Step", [.paragraph(lengths), .paragraph(largestGap)] + remarks.map { .paragraph($0) }),
        .init("Operations, the largest gap first", [.table(operations), .paragraph(explanation)]),
        .init("Totals", [.table(totals)]),
        .init("Rests on", [.list(assumptions)]),
      ])
  }

  /// So many rows a table has; the others are one together.
  private static let shown = 24

  // MARK: - Sentences

  /// Both lengths of the step.
  var lengths: String {
    let steps = step.steps == 1 ? "one step" : "mean of \(step.steps) steps"
    let place = step.device.map { " on \($0)" } ?? ""
    let own =
      measured.map { "Measured step \($0.words), \(steps)\(place)" }
      ?? "Measured \(Quantity.time(measuredSeconds)) of kernels, \(steps)\(place); the profile does not tell when they ran"
    let length =
      "forecast \(forecast.words), 90 % interval \(Quantity.time(interval.low)) to \(Quantity.time(interval.high))"
    guard let measured, measured.whole > 0 else { return "\(own); \(length)." }
    let error = forecast.whole / measured.whole - 1
    let isInside = interval.low <= measured.whole && measured.whole <= interval.high
    return "\(own); \(length): \(Quantity.percent(abs(error))) too \(error < 0 ? "short" : "long"), "
      + "\(isInside ? "inside" : "outside") the interval."
  }

  /// The operation that is furthest off.
  var largestGap: String {
    guard let row = rows.first, row.gap != 0 else { return "Nothing differs." }
    let name = row.isShaped ? "\(row.title), \(row.extents)" : row.title
    let share = "\(Quantity.percent(abs(row.gap) / gaps)) of all gaps"
    switch (row.measured, row.forecast) {
    case (let measured?, let forecast?):
      let ratio = forecast.interval.seconds > 0 ? measured.seconds / forecast.interval.seconds : .infinity
      return "The largest gap is \(name): measured \(Quantity.time(measured.seconds)), forecast "
        + "\(Quantity.time(forecast.interval.seconds)), \(FixedPoint.text(ratio, decimals: 2)) times, "
        + "\(row.isInside == true ? "inside" : "outside") its 90 % interval; \(share)."
        + (row.isShaped ? "" : " In the trace: \(row.traceNames(3)).")
    case (let measured?, nil):
      return "The largest gap is \(name): measured \(Quantity.time(measured.seconds)), of which the forecast has "
        + "nothing; \(share)."
    case (nil, let forecast?):
      return "The largest gap is \(name): forecast \(Quantity.time(forecast.interval.seconds)), of which the trace has "
        + "nothing; \(share)."
    case (nil, nil): return ""
    }
  }

  private var explanation: String {
    "Times are of one step. A gap is measured less forecast, above 0 where the trace took longer; its share is of all gaps "
      + "together. Products are one by their extents, transposed or not; what a trace has no extents of is compared by kind. "
      + "An interval's ends are sums of ends."
  }

  // MARK: - Tables

  private var operations: DocumentTable {
    let whole = rows.count <= Self.shown + 1
    var lines = rows.prefix(whole ? rows.count : Self.shown).map { row in
      [row.title, row.detail, row.basis.rawValue] + fields(row)
    }
    if !whole {
      let rest = rows.dropFirst(Self.shown)
      let measured = rest.reduce(0) { $0 + ($1.measured?.seconds ?? 0) }
      let gap = rest.reduce(0) { $0 + $1.gap }
      lines.append(
        ["\(rest.count) further", "", "", ""]
          + figures(measured, Self.sum(rest), gap) + [Self.percent(gaps > 0 ? gap / gaps : 0), ""])
    }
    return DocumentTable(
      [
        .init("operation"), .init("extents"), .init("matched by"), .init("calls", .right),
        .init("measured µs", .right), .init("forecast µs", .right), .init("90 % interval", .right),
        .init("gap µs", .right), .init("share", .right), .init("inside"),
      ], rows: lines)
  }

  private func fields(_ row: Row) -> [String] {
    let calls = [row.measured?.calls, row.forecast?.calls].map { $0.map { Self.calls($0) } ?? "—" }
    return [calls[0] == calls[1] ? calls[0] : "\(calls[0]) / \(calls[1])"]
      + figures(row.measured?.seconds, row.forecast?.interval, row.gap)
      + [Self.percent(share(row)), row.isInside.map { $0 ? "yes" : "no" } ?? ""]
  }

  private func figures(_ measured: Double?, _ forecast: TimeInterval90?, _ gap: Double) -> [String] {
    [
      measured.map(Self.microseconds) ?? "—", forecast.map { Self.microseconds($0.seconds) } ?? "—",
      forecast.map { "\(Self.microseconds($0.low)) … \(Self.microseconds($0.high))" } ?? "",
      Self.microsecondsOfGap(gap),
    ]
  }

  /// Sums by kind, of all operations, and of the step.
  private var totals: DocumentTable {
    var lines = MeasuredStep.Kind.allCases.compactMap { kind -> [String]? in
      let own = rows.filter { $0.kind == kind }
      guard !own.isEmpty else { return nil }
      return [kind.plural]
        + figures(
          own.reduce(0) { $0 + ($1.measured?.seconds ?? 0) }, Self.sum(own), own.reduce(0) { $0 + $1.gap })
    }
    let sum = forecastSeconds
    lines.append(["all operations"] + figures(measuredSeconds, sum, measuredSeconds - sum.seconds))
    for (title, part) in [("busy", \Length.busy), ("idle", \.idle), ("step", \.whole)] {
      let gap = measured.map { $0[keyPath: part] - forecast[keyPath: part] }
      lines.append([
        title, measured.map { Self.microseconds($0[keyPath: part]) } ?? "not told",
        Self.microseconds(forecast[keyPath: part]),
        title == "step" ? "\(Self.microseconds(interval.low)) … \(Self.microseconds(interval.high))" : "",
        gap.map(Self.microsecondsOfGap) ?? "",
      ])
    }
    return DocumentTable(
      [
        .init("total"), .init("measured µs", .right), .init("forecast µs", .right), .init("90 % interval", .right),
        .init("gap µs", .right),
      ], rows: lines)
  }

  private static func microseconds(_ seconds: Double) -> String { Quantity.significant(seconds * 1e6, digits: 4) }

  /// Profilers tell nanoseconds: what is less is none.
  private static func microsecondsOfGap(_ seconds: Double) -> String {
    abs(seconds) < 1e-9 ? "0" : microseconds(seconds)
  }

  private static func percent(_ share: Double) -> String {
    let text = FixedPoint.text(100 * share, decimals: 1)
    return "\(text == "-0.0" ? "0.0" : text) %"
  }

  /// A mean over steps may be no whole number.
  private static func calls(_ calls: Double) -> String {
    FixedPoint.text(calls, decimals: abs(calls - calls.rounded()) < 1e-9 ? 0 : 1)
  }
}

extension StepComparison.Length {
  /// The length and its two parts.
  fileprivate var words: String {
    "\(Quantity.time(whole)) (busy \(Quantity.time(busy)), idle \(Quantity.time(idle)))"
  }
}

extension StepComparison.Row {
  /// The graph's operations, or what the trace calls it.
  var title: String {
    if let forecast, basis == .shape || basis == .pieces || basis == .forecastOnly {
      return forecast.names.prefix(2).joined(separator: ", ")
        + (forecast.names.count > 2 ? " and \(forecast.names.count - 2) more" : "")
    }
    if basis == .kind || basis == .sizes { return kind.plural }
    guard measured?.names.count == 1, let name = measured?.names.first?.name else { return kind.plural }
    return Self.shortened(name)
  }

  /// Whether its extents are known.
  var isShaped: Bool { work != .unknown }

  /// The extents of one call.
  var extents: String {
    switch work {
    case .product(let shape, _): shape.description
    case .attention(let shape):
      "\(shape.batch) × \(shape.heads) heads of \(shape.headDimension), \(shape.queryLength) by \(shape.keyLength)"
    case .exchange(let kind, let bytes, let ranks):
      "\(kind.rawValue), \(bytes.map { Quantity.bytes(Double($0)) } ?? "several sizes"), \(ranks) ranks"
    case .unknown: ""
    }
  }

  /// The extents, or where none are known the name with the most time in the trace.
  fileprivate var detail: String {
    guard !isShaped, basis == .kind, let names = measured?.names, let first = names.first else { return extents }
    return (names.count > 1 ? "mostly " : "") + Self.shortened(first.name)
  }

  /// The trace's names with the most time, each with its calls and time.
  func traceNames(_ count: Int) -> String {
    let names = measured?.names ?? []
    let told = names.prefix(count).map { "\(Self.shortened($0.name)) (\(Quantity.time($0.seconds)))" }
    return (told + (names.count > count ? ["\(names.count - count) further"] : [])).joined(separator: ", ")
  }

  /// A kernel's name without most of its template's arguments.
  private static func shortened(_ name: String) -> String { name.count <= 40 ? name : "\(name.prefix(37))…" }
}
