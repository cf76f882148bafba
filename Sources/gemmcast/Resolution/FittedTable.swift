internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import TransformerModels

/// What commands take from a table: fits of its rows of hosts, and its rows of GPUs.
struct FittedTable {
  /// A fit of each group of rows; none where the table has no rows of a host.
  var models: [FittedModel] = []
  /// Sentences on groups that are too small for a fit.
  var gaps: [String] = []
  /// How good the fits are; nil where there are none.
  var quality: TableQuality?
  /// Rows of other devices than hosts.
  var others: [TimingRow] = []
  /// Rows of GPUs that are no GEMMs: exchanges, passes over memory, attention.
  ///
  /// The operations of a layer that a file has side by side stand here and in ``others``, each by its kind.
  var otherOperations: [MeasuredTable.Entry] = []

  /// Reads and fits a table.
  ///
  /// - Parameters:
  ///   - text: the table.
  ///   - path: where it is from, for messages.
  ///   - devices: the devices that are no hosts.
  /// - Throws: `FileError` for what is no table, `Failure` for rows that cannot be fitted.
  init(_ text: String, of path: String, devices: Set<String>) throws {
    let document = try CSVDocument(text: text, file: path)
    switch MeasuredTable.kind(of: document) {
    case .collective, .memory, .attention:
      otherOperations = try MeasuredTable(document).entries
      return
    case .layerOperations:
      // Each column is one operation that was timed by itself: none of its time is in another's.
      for entry in try MeasuredTable(document, columns: ModelConfiguration.columns(of:)).entries {
        if case .gemm(let shape, let dtype, _) = entry.operation {
          others.append(TimingRow(device: entry.device, dtype: dtype, shape: shape, seconds: entry.seconds))
        } else {
          otherOperations.append(entry)
        }
      }
      return
    case .endToEnd:
      throw FileError(
        .malformed, file: path, line: 1, problem: "has whole training steps, which teach nothing of single operations",
        remedy: "hold them against forecasts with `gemmcast validate`, and give rows of operations here")
    case .gemm, nil: break
    }
    var host = try TimingTable(document)
    let isOther = { (row: TimingRow) in devices.contains(row.device) || row.dtype != .fp32 }
    others = host.rows.filter(isOther)
    host.rows.removeAll(where: isOther)
    guard !host.rows.isEmpty else { return }
    Diagnostics.fitting(host.rows.count, of: path)
    do throws(FitError) {
      models = try FittedModel.fit(host, solver: LAPACKSolver())
    } catch {
      throw Failure(Failure.Status.badData, "\(path): \(error)")
    }
    gaps = FittedModel.groupsTooSmall(in: host, withPlaces: false).map(\.description)
    quality = TableQuality(models, rows: host)
  }

  /// What is kept of a table that has rows of hosts alone.
  init(models: [FittedModel], gaps: [String], quality: TableQuality?) {
    (self.models, self.gaps, self.quality) = (models, gaps, quality)
  }
}
