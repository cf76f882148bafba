internal import DataFiles
public import DeviceModels
internal import GEMMTiming
internal import ModelStatistics

extension Document {
  /// How well devices are predicted of which no row counts: each is left out in turn.
  ///
  /// - Parameters:
  ///   - devices: one entry a device, predicted from all others.
  ///   - tables: the paths of their rows.
  public init(leftOut devices: [LeftOutDevice], tables: [String]) {
    func percent(_ value: Double) -> String { FixedPoint.text(100 * value, decimals: 1) }
    var rows = devices.map { device in
      let errors = device.statistics
      return [
        device.name, String(errors.count), percent(errors.mean), percent(errors.median), percent(errors.p90),
        (errors.bias < 0 ? "" : "+") + percent(errors.bias), percent(errors.coverage),
      ]
    }
    if devices.count > 1 {
      func mean(_ value: (ErrorStatistics) -> Double) -> String {
        percent(devices.reduce(0) { $0 + value($1.statistics) } / Double(devices.count))
      }
      rows.append([
        "mean over devices", "", mean(\.mean), mean(\.median), mean(\.p90), "", mean(\.coverage),
      ])
    }
    let table = DocumentTable(
      [
        .init("left out"), .init("rows", .right), .init("mean |error| %", .right), .init("median %", .right),
        .init("90th percentile %", .right), .init("bias %", .right), .init("in 90 % interval %", .right),
      ], rows: rows)
    self.init(
      title: "Devices that the fit has not seen",
      sections: [.init("Leaving out each device in turn", [.table(table), .paragraph(Self.note(tables))])])
  }

  private static func note(_ tables: [String]) -> String {
    "Each line is of a fit to the other devices' rows in \(tables.joined(separator: ", ")): its parameters, and its "
      + "intervals from leaving out each of those others. Of the device itself it knows the specification alone."
  }
}
