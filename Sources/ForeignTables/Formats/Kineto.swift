internal import DataFiles
internal import GEMMTiming

/// A trace of PyTorch's profiler (`export_chrome_trace`) as rows of one kind.
///
/// Equal operations become one row: the median with `samples`, its interval from six samples on, and the fastest.
enum Kineto: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? { nil }

  /// Whether JSON has the keys of a trace.
  static func isTrace(_ kind: JSONKind) -> Bool { kind.keys.contains("traceEvents") }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    let step = try KinetoTrace(JSONDocument(text: source.text, file: source.file).root, ranks: options.ranks).step()
    let wanted = options.rows ?? .gemm
    var groups: [(work: TraceWork, seconds: [Double])] = []
    var places: [TraceWork: Int] = [:]
    for piece in step.pieces {
      guard let work = piece.work, work.rows == wanted else { continue }
      if let place = places[work], !options.takesEveryKernel {
        groups[place].seconds.append(piece.seconds)
      } else {
        places[work] = groups.count
        groups.append((work, [piece.seconds]))
      }
    }
    let balance = TraceBalance(step, wanted: wanted, rows: groups.count)
    guard !groups.isEmpty else {
      throw FileError(
        .malformed, file: source.file, problem: "has no \(wanted.words) with a shape",
        remedy: balance.others.isEmpty ? balance.rest : balance.others)
    }
    var naming = DeviceNaming(options, source)
    let device = try naming.device(step.device) { source.error(1, nil, $0, $1) }
    let rows = groups.compactMap { group in SampleSummary(group.seconds).map { (group.work, $0) } }
    return ForeignTable(
      content(rows, wanted, device: device, named: step.device, nodes: options.nodes), leftOut: LeftOutRows(),
      notes: balance.sentences + step.notes
        + (wanted == .collective && options.nodes == nil
          ? ["the trace does not say over how many nodes the ranks were spread: without --nodes they count as one"]
          : []))
  }

  private static func content(
    _ rows: [(TraceWork, SampleSummary)], _ wanted: ImportOptions.Rows, device: String, named: String?, nodes: Int?
  ) -> ForeignTable.Content {
    let carried = named.flatMap { $0 == device ? nil : ["source_device": $0] } ?? [:]
    switch wanted {
    case .gemm:
      var table = TimingTable(otherColumns: carried.keys.sorted())
      for case (.gemm(let shape, let dtype, let layout), let times) in rows {
        table.rows.append(
          TimingRow(
            device: device, dtype: dtype, shape: shape, seconds: times.median, low: times.knownLow,
            high: times.knownHigh, minimum: times.minimum, samples: times.count, layout: layout, other: carried))
      }
      return .gemms(table)
    case .collective:
      var table = CollectiveTable(rows: [], otherColumns: ["dtype", "samples"] + carried.keys.sorted())
      for case (.collective(let kind, let bytes, let ranks, let type), let times) in rows {
        table.rows.append(
          CollectiveTable.Row(
            device: device, collective: kind, ranks: ranks, nodes: nodes, bytes: bytes, seconds: times.median,
            minimum: times.minimum,
            other: carried.merging(["dtype": type, "samples": String(times.count)]) { $1 }))
      }
      return .collectives(table)
    case .attention:
      var table = PassRows(
        header: ["device", "dtype", "batch", "seq", "heads", "kv_heads", "head_dim", "step", "variant"] + times,
        rows: [])
      for case (.attention(let shape, let dtype, let variant), let times) in rows {
        let extents = [
          shape.batch, shape.queryLength, shape.heads, shape.keyValueHeads, shape.headDimension,
          shape.keyLength - shape.queryLength,
        ]
        table.rows.append([device, dtype.rawValue] + extents.map(String.init) + ["torch-\(variant)"] + times.fields)
      }
      return .passes(table)
    case .memory:
      var table = PassRows(
        header: ["device", "dtype", "op", "rows", "columns", "bytes_read", "bytes_written"] + times, rows: [])
      for case (.pass(let kind, let dtype, let count, let columns, let read, let written), let times) in rows {
        table.rows.append(
          [device, dtype.rawValue, kind.rawValue] + [count, columns, read, written].map(String.init) + times.fields)
      }
      return .passes(table)
    }
  }

  private static let times = ["time_us", "time_lo_us", "time_hi_us", "time_min_us", "samples"]
}

extension SampleSummary {
  /// Below six samples no interval reaches 95 %.
  fileprivate var knownLow: Double? { count < 6 ? nil : low }
  fileprivate var knownHigh: Double? { count < 6 ? nil : high }

  fileprivate var fields: [String] {
    [median, knownLow, knownHigh, minimum].map { $0.map(TimingTable.microseconds) ?? "" } + [String(count)]
  }
}
