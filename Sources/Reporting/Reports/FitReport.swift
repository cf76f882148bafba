internal import GEMMTiming
public import RooflineModels

/// What a fit of a host is worth: its held-out error by regime beside the repeat noise, and where it is unsure.
public struct FitReport: Sendable {
  /// How much is said.
  public enum Detail: Sendable {
    /// The limits and the held-out error.
    case summary
    /// Also the worst shapes, where the rows stand on the roofline, and the thin regions.
    case full
  }

  private let models: [FittedModel]
  private let table: String
  private let detail: Detail

  /// A report on the models that were fitted to a table.
  ///
  /// - Parameters:
  ///   - models: one a group of the table.
  ///   - table: the table's path, for the title and for commands.
  ///   - detail: how much is said.
  public init(_ models: [FittedModel], table: String, detail: Detail) {
    self.models = models
    self.table = table
    self.detail = detail
  }

  /// The report.
  public var document: Document {
    Document(title: "Fit of \(table)", sections: models.flatMap(sections))
  }

  private func sections(_ model: FittedModel) -> [Document.Section] {
    var sections = [
      Document.Section(
        "\(model.group)", [.paragraph("\(model.shapeCount) shapes."), .table(limits(model))]),
      .init(
        "Held-out error (\(model.crossValidation.folds)-fold)", level: 3,
        [
          .table(errors(model.crossValidation)),
          .paragraph(
            "Each shape is predicted by a fit that has not seen it. Repeat noise: how much two measurements of a shape "
              + "would differ on average, from the intervals of this run's medians."),
        ]),
    ]
    if detail == .full {
      sections += [
        .init("Where the rows stand on the roofline", level: 3, [.table(placement(model))]),
        .init("Worst shapes", level: 3, [.table(worst(model.crossValidation))]),
      ]
    }
    return sections
  }

  private func limits(_ model: FittedModel) -> DocumentTable {
    let ceilings = model.ceilings
    var rows = [
      ["fastest row", Quantity.throughput(ceilings.peakFlops)],
      ["GEMMs without end", Quantity.throughput(ceilings.sustainedFlops)],
    ]
    if let peak = ceilings.peakBandwidth { rows.append(["fastest pass over memory", Quantity.bandwidth(peak)]) }
    if let sustained = ceilings.sustainedBandwidth {
      rows.append(["usual pass over memory", Quantity.bandwidth(sustained)])
    }
    let shape = model.rooflineShape
    rows += [
      ["of the compute ceiling", Quantity.percent(shape.computeFraction)],
      ["of the bandwidth ceiling", Quantity.percent(shape.bandwidthFraction)],
      ["sharpness of the knee", Quantity.significant(shape.kneeSharpness, digits: 3)],
    ]
    return DocumentTable([.init("limit"), .init("value", .right)], rows: rows)
  }

  private func errors(_ validation: CrossValidation) -> DocumentTable {
    DocumentTable(
      [
        .init("regime"), .init("shapes", .right), .init("mean", .right), .init("median", .right), .init("p90", .right),
        .init("p95", .right), .init("worst", .right), .init("bias", .right), .init("in 90 % interval", .right),
        .init("repeat noise", .right),
      ],
      rows: Regime.allCases.compactMap { regime in
        guard let error = validation.statistics(regime) else { return nil }
        return [regime.rawValue, String(error.count)]
          + [error.mean, error.median, error.p90, error.p95, error.worst, error.bias, error.coverage]
          .map(Quantity.percent) + [validation.repeatNoise(regime).map(Quantity.percent) ?? "unknown"]
      })
  }

  private func worst(_ validation: CrossValidation) -> DocumentTable {
    DocumentTable(
      [
        .init("(m,k,n)"), .init("measured", .right), .init("predicted", .right), .init("error", .right),
        .init("90 % interval", .right),
      ],
      rows: validation.worst(10).map { point in
        [
          point.shape.description, Quantity.time(point.measured), Quantity.time(point.predicted),
          Quantity.percent(point.relativeError), "\(Quantity.time(point.low)) … \(Quantity.time(point.high))",
        ]
      })
  }

  /// Rows by decade of arithmetic intensity: what the roofline of this host looks like in figures.
  private func placement(_ model: FittedModel) -> DocumentTable {
    let edges: [Double] = [0, 1, 4, 16, 64, 256, .infinity]
    let points = model.crossValidation.points
    return DocumentTable(
      [
        .init("flop/byte"), .init("shapes", .right), .init("median throughput", .right), .init("fastest", .right),
        .init("median of the ceiling", .right),
      ],
      rows: zip(edges, edges.dropFirst()).compactMap { low, high in
        let throughputs = points.filter {
          let intensity = $0.shape.arithmeticIntensity(model.group.dtype)
          return intensity >= low && intensity < high
        }.map { $0.shape.flops / $0.measured }.sorted()
        guard let fastest = throughputs.last else { return nil }
        let median = throughputs[throughputs.count / 2]
        let range =
          high.isFinite
          ? "\(Quantity.significant(low, digits: 1)) … \(Quantity.significant(high, digits: 1))"
          : "from \(Quantity.significant(low, digits: 1))"
        return [
          range, String(throughputs.count), Quantity.throughput(median), Quantity.throughput(fastest),
          Quantity.percent(median / model.ceilings.peakFlops),
        ]
      })
  }
}
