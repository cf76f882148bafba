internal import GEMMTiming

/// A fit of a device file, which says whose rows taught it.
protocol RowsTaught {
  /// The rows that it was fitted to.
  var source: String { get set }
  /// The device of those rows where it is another than the file's.
  var rowsOf: String? { get set }
}

extension RowsTaught {
  /// Where times by this fit are from: what is assumed to be like other kernels is no better known than another device.
  var timeSource: TimePrediction.Source { rowsOf == nil && !source.hasPrefix("assumed:") ? .fitted : .sibling }

  /// Notes that so many rows of the device itself moved the fit; a handful of them does not make it the device's own.
  mutating func note(refinedBy rows: Int, _ what: String) {
    if rows >= 20 {
      rowsOf = nil
      if source.hasPrefix("assumed:") { source = "first \(source)" }
    }
    source += "; refined by \(rows) rows \(what)"
  }
}

extension MemoryFit: RowsTaught {}
extension AttentionFit: RowsTaught {}
extension CollectiveFit: RowsTaught {}
