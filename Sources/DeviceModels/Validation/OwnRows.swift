public import DataFiles
public import GEMMTiming

/// A measured file of GEMMs divided into what a plan would have measured, device by device, and all the rest.
public struct OwnRows: Sendable {
  /// The rows that refine the devices' models.
  public let taught: [TimingRow]
  /// The rows to judge by.
  public let rest: MeasuredTable

  /// Lets each device's model choose some of its rows by ``DeviceModel/plan(_:of:dtype:seed:)``, which sees no times.
  ///
  /// - Parameters:
  ///   - table: a file of GEMMs.
  ///   - count: how many rows of each device and element type.
  ///   - seed: the plan's.
  ///   - model: the model of a device; nil for what is not refined, whose rows all stay in ``rest``.
  /// - Throws: what `model` throws, and `FileError` for rows that a device cannot do or that are no GEMMs.
  public init(
    _ table: MeasuredTable, count: Int, seed: UInt64,
    model: (_ device: String) throws(FileError) -> DeviceModel?
  ) throws(FileError) {
    guard table.kind == .gemm else {
      throw FileError(
        .malformed, file: table.document.file, problem: "has rows of \(table.kind.rawValue), of which none are planned",
        remedy: "plans choose GEMMs")
    }
    var taught: [TimingRow] = []
    var chosenRows: Set<Int> = []
    for device in table.devices {
      guard let model = try model(device) else { continue }
      var groups: [DataType: [(shape: GEMMShape, entry: MeasuredTable.Entry)]] = [:]
      for entry in table.entries where entry.device == device {
        if case .gemm(let shape, let dtype, _) = entry.operation { groups[dtype, default: []].append((shape, entry)) }
      }
      for dtype in DataType.allCases {
        guard let group = groups[dtype] else { continue }
        let chosen: [Int]
        do {
          chosen = try model.plan(count, of: group.map(\.shape), dtype: dtype, seed: seed)
        } catch {
          throw table.document.error(row: group[0].entry.row, problem: error.description)
        }
        for position in chosen {
          let (shape, entry) = group[position]
          chosenRows.insert(entry.row)
          taught.append(TimingRow(device: device, dtype: dtype, shape: shape, seconds: entry.seconds))
        }
      }
    }
    self.taught = taught
    rest = table.filtered { !chosenRows.contains($0.row) }
    if rest.entries.isEmpty {
      throw FileError(
        .malformed, file: table.document.file, problem: "has no rows but those that the plan takes",
        remedy: "ask for fewer own rows")
    }
  }
}
