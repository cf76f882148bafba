internal import GEMMTiming
public import HostModels
internal import ModelStatistics

/// How much a fit's report says.
public enum FitReportDetail: Sendable {
  /// The limits and the held-out error.
  case summary
  /// Also the structure, the worst shapes, where the rows stand on the roofline, and the thin regions.
  case full
}

extension Document {
  /// A report on the fits of a table: their limits, and their held-out error by regime beside the repeat noise.
  ///
  /// - Parameters:
  ///   - fits: one a group of the table.
  ///   - quality: whether forecasts may rest on the table.
  ///   - table: the table's path, for the title and for commands.
  ///   - detail: how much is said.
  public init(fits: [FitReport], quality: TableQuality, table: String, detail: FitReportDetail) {
    let verdict: Document.Section =
      quality.isFit
      ? .init("Fit for use", [.paragraph("Yes: forecasts may rest on this table.")])
      : .init(
        "Not fit for use",
        [
          .paragraph("No forecast takes this table unless --table names it:"),
          .list(quality.defects.map { "\($0)." }),
        ])
    self.init(
      title: "Fit of \(table)",
      sections: [verdict]
        + fits.flatMap { fit in
          fit.summarySections + (detail == .full ? fit.detailSections(table: table) : [])
        })
  }
}

extension FitReport {
  fileprivate var summarySections: [Document.Section] {
    [
      .init("\(group)", [.paragraph("\(shapes) shapes."), .table(limits)]),
      .init(
        "Held-out error", level: 3,
        [
          .table(errors),
          .paragraph(
            "Operands lie in the caches, A·B, unless a line says otherwise. Each shape is predicted by a fit that has not seen it; its interval takes in how unsure its own median is. Repeat "
              + "noise: how much two measurements of a shape would differ on average, from the intervals of this run's "
              + "medians."),
        ]),
    ]
  }

  fileprivate func detailSections(table: String) -> [Document.Section] {
    [
      .init("Structure found", level: 3, [.list(structure)]),
      .init("Where the rows stand on the roofline", level: 3, [.table(placementTable)]),
      .init("Worst shapes", level: 3, [.table(worstTable)]), thinSection(table: table),
    ]
  }

  private var limits: DocumentTable {
    var rows = [
      ["fastest row", Quantity.throughput(ceilings.peakFlops)],
      ["GEMMs without end", Quantity.throughput(ceilings.sustainedFlops)],
    ]
    if let peak = ceilings.peakBandwidth { rows.append(["fastest pass over memory", Quantity.bandwidth(peak)]) }
    if let sustained = ceilings.sustainedBandwidth {
      rows.append(["usual pass over memory", Quantity.bandwidth(sustained)])
    }
    rows += [
      ["of the compute ceiling", Quantity.percent(rooflineShape.computeFraction)],
      ["of the bandwidth ceiling", Quantity.percent(rooflineShape.bandwidthFraction)],
      ["sharpness of the knee", Quantity.significant(rooflineShape.kneeSharpness, digits: 3)],
    ]
    return DocumentTable([.init("limit"), .init("value", .right)], rows: rows)
  }

  private var errors: DocumentTable {
    DocumentTable(
      [
        .init("regime"), .init("shapes", .right), .init("mean", .right), .init("median", .right), .init("p90", .right),
        .init("p95", .right), .init("worst", .right), .init("bias", .right), .init("in 90 % interval", .right),
        .init("repeat noise", .right),
      ],
      rows: regimes.map { Self.line($0.regime.rawValue, $0.error, $0.repeatNoise) }
        + operands.map { Self.line($0.group.operands, $0.error, $0.repeatNoise) })
  }

  private static func line(_ name: String, _ error: ErrorStatistics, _ repeatNoise: Double?) -> [String] {
    let figures = [error.mean, error.median, error.p90, error.p95, error.worst, error.bias, error.coverage]
    return [name, String(error.count)] + figures.map(Quantity.percent)
      + [repeatNoise.map(Quantity.percent) ?? "unknown"]
  }

  private var worstTable: DocumentTable {
    DocumentTable(
      [
        .init("(m,k,n)"), .init("measured", .right), .init("predicted", .right), .init("error", .right),
        .init("90 % interval", .right),
      ],
      rows: worst.map { point in
        [
          point.shape.description, Quantity.time(point.measured), Quantity.time(point.predicted),
          Quantity.percent(point.relativeError), "\(Quantity.time(point.low)) … \(Quantity.time(point.high))",
        ]
      })
  }

  private var placementTable: DocumentTable {
    DocumentTable(
      [
        .init("flop/byte"), .init("shapes", .right), .init("of the ceiling", .right), .init("of the roofline", .right),
        .init("compute / memory / latency bound", .right),
      ],
      rows: placements.map { placement in
        let (low, high) = (placement.intensity.lowerBound, placement.intensity.upperBound)
        let lower = Quantity.significant(low, digits: 1)
        let bounds = [TimePrediction.Bound.compute, .memory, .latency].map { String(placement.bounds[$0] ?? 0) }
        return [
          high.isFinite ? "\(lower) … \(Quantity.significant(high, digits: 1))" : "from \(lower)",
          String(placement.count), Quantity.percent(placement.shareOfPeak),
          placement.shareOfRoofline.map(Quantity.percent) ?? "unknown", bounds.joined(separator: " / "),
        ]
      })
  }

  private func thinSection(table: String) -> Document.Section {
    guard !thinRegions.isEmpty else {
      return .init("Thin regions", level: 3, [.paragraph("None: nowhere is the interval wide for want of rows.")])
    }
    let regions = DocumentTable(
      [
        .init("m"), .init("k"), .init("n"), .init("rows", .right), .init("half-width of the interval", .right),
        .init("shapes that would fill it"),
      ],
      rows: thinRegions.map { region -> [String] in
        let extents = [region.m, region.k, region.n].map { "\($0.lowerBound)–\($0.upperBound)" }
        let shapes = region.suggestedShapes.prefix(4).map(\.description).joined(separator: " ")
        return extents + [String(region.rows), Quantity.percent(region.uncertainty), shapes]
      })
    return .init(
      "Thin regions", level: 3,
      [
        .table(regions),
        .paragraph("List those shapes in a CSV with the columns m,k,n, measure them, and fit both tables together:"),
        .preformatted(
          "gemmcast calibrate --shapes thin.csv --output more.csv\n"
            + "gemmcast merge \(table) more.csv --output all.csv"),
      ])
  }
}
