internal import DataFiles
internal import GEMMTiming

/// The collective tables of AIConfigurator: `nccl_perf.txt` and `custom_allreduce_perf.txt`, CSVs.
///
/// Columns: ai-dynamo/aiconfigurator `collector/network/collect_nccl.py` and `collect_all_reduce.py`. The first runs
/// nccl-tests with `-b SIZE` and writes `message_size` = SIZE over the bytes of an element: elements of the whole message
/// as nccl-tests mean it, not of one rank. The second reduces a tensor of `message_size` elements. `latency` is
/// milliseconds, `num_gpus` the ranks; over how many nodes they were spread stands nowhere.
enum AIConfiguratorCollectives: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    guard line.contains("message_size") else { return nil }
    return SourceText.headerStart(line) { fields in
      let names = Set(fields.map(\.text))
      return names.isSuperset(of: ["num_gpus", "message_size", "latency"])
        && typeColumns.contains { names.contains($0) }
    }
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    let rows = try SourceRow.rows(
      source, isKnown: known.contains, required: ["num_gpus", "message_size", "latency"],
      times: "latency, in milliseconds", ignoring: options.ignoredColumns)
    var table = CollectiveRows(source, options)
    for row in rows { try add(row, options, to: &table) }
    return try table.finish()
  }

  private static func add(
    _ row: SourceRow, _ options: ImportOptions, to table: inout CollectiveRows
  ) throws(FileError) {
    let column = typeColumns.first { row.columns[$0] != nil } ?? typeColumns[0]
    let isNCCL = column == typeColumns[0]
    let operation = row["op_name"]
    let named = operation.flatMap { Communication.Kind(rawValue: $0) }
    if let operation, named == nil {
      return table.leaveOut(row, "the operation is \(operation), and has no word here")
    }
    if let named, let given = options.collective, named != given {
      throw row.failure(
        "op_name", "op_name is \(named.rawValue)", "the command line says \(given.rawValue)")
    }
    guard let collective = named ?? options.collective ?? (isNCCL ? nil : .allReduce) else {
      throw row.fail(nil, "the file does not say the collective", "give --collective")
    }
    let type = try row.required(column)
    guard let size = sizes.first(where: { $0.0 == type })?.1 else {
      throw row.failure(
        column, "\(column) is \(type)", "one of \(sizes.map(\.0).joined(separator: ", ")) is expected")
    }
    let ranks = try row.whole("num_gpus")
    if let given = options.ranks, given != ranks {
      throw row.failure("num_gpus", "num_gpus is \(ranks)", "give --ranks only where a file does not")
    }
    guard ranks > 1 else { return table.leaveOut(row, "one GPU took part, and nothing was exchanged") }
    let elements = try row.whole("message_size")
    let (bytes, isTooLarge) = elements.multipliedReportingOverflow(by: size)
    guard !isTooLarge else {
      throw row.failure("message_size", "message_size is \(elements)", "fewer elements are expected")
    }
    try table.add(
      row, device: row["device"], collective: collective, ranks: ranks, nodes: options.nodes, bytes: bytes,
      seconds: try row.positive("latency") * 1e-3,
      other: ["variant": variant(row, isNCCL: isNCCL, type: type), "power_w": row["power"]])
  }

  /// The library as `collective_fits` of device files match it.
  private static func variant(_ row: SourceRow, isNCCL: Bool, type: String) -> String {
    if isNCCL { return "nccl" + (row["version"].map { "-\($0)" } ?? "") + ":\(type)" }
    let framework = [row["framework"]?.lowercased(), row["version"]].compactMap(\.self).joined(separator: "-")
    let way = row["implementation"] ?? row["backend"] ?? row["kernel_source"]
    return (["custom", framework.isEmpty ? nil : framework, way?.lowercased()].compactMap(\.self)).joined(
      separator: ":")
  }

  private static let typeColumns = ["nccl_dtype", "allreduce_dtype"]

  /// Bytes of an element by the names that `collect_nccl.py` and `collect_all_reduce.py` use.
  private static let sizes = [("half", 2), ("float16", 2), ("bfloat16", 2), ("float32", 4), ("int8", 1)]

  private static let known: Set<String> = [
    "framework", "version", "device", "op_name", "kernel_source", "nccl_dtype", "allreduce_dtype", "num_gpus",
    "message_size", "latency", "implementation", "backend", "power", "power_limit",
  ]
}
