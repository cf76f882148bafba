internal import DataFiles
internal import GEMMTiming
public import HostModels
internal import ModelStatistics

extension Document {
  /// What each group of terms and each other part brings to the fits of a table: the held-out error without it, and its change in points.
  ///
  /// - Parameters:
  ///   - ablations: one a group of the table.
  ///   - table: the table's path, for the title.
  public init(ablations: [Ablation], table: String) {
    self.init(
      title: "What the parts of the fit of \(table) bring",
      sections: ablations.map { .init("\($0.group)", [.table($0.table), .paragraph(Self.ablationNote)]) })
  }

  private static let ablationNote =
    "Mean error of shapes that a fit has not seen, without some of its terms or another part; the change is in points of a percent. "
    + "A row with \"also\" leaves out those of the \"also\" rows above it as well, as long as all of them cost less than "
    + "\(FixedPoint.text(100 * Ablation.least, decimals: 1)) points together. "
    + "Blocking and the process's parameters stay those of the whole fit."
}

extension Ablation {
  fileprivate var table: DocumentTable {
    let whole = parts.first
    return DocumentTable(
      [
        .init("without"), .init("terms", .right), .init("error %", .right), .init("change", .right),
        .init("in 90 % interval", .right), .init("shapes of models %", .right), .init("change", .right),
      ],
      rows: parts.map { part in
        func points(_ value: Double) -> String { FixedPoint.text(100 * value, decimals: 2) }
        let models = part.models.flatMap { own in whole?.models.map { (own.mean, own.mean - $0.mean) } }
        return [
          part.name, String(part.terms), points(part.all.mean), points(part.all.mean - (whole?.all.mean ?? 0)),
          Quantity.percent(part.all.coverage), models.map { points($0.0) } ?? "", models.map { points($0.1) } ?? "",
        ]
      })
  }
}
