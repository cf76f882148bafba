internal import DataFiles
internal import GEMMTiming

/// The JSON report of nccl-tests (`-J FILE`).
///
/// Keys: NVIDIA/nccl-tests `src/util.cu`; the figures mean what they mean in its text.
enum NCCLTestsJSON: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? { nil }

  /// Whether JSON has the keys of a report.
  static func isReport(_ kind: JSONKind) -> Bool {
    kind.keys.contains("nccl_version") || kind.keys.contains("results") && kind.keys.contains("config")
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    let root = try JSONDocument(text: source.text, file: source.file).root
    if let kind = JSONKind(source.text), !isReport(kind) { throw UnknownText(source.text).error(source.file) }
    var run = NCCLRun()
    run.program = try root["args"]?.array().first?.string()
    for device in try root["config"]?["devices"]?.array() ?? [] {
      let rank = NCCLRanks.Rank(
        number: try device["rank"]?.integer() ?? run.ranks.count, group: try device["group"]?.integer() ?? 0,
        host: try device.required("hostname").string(), device: try device.required("device_info").string())
      guard run.ranks.add(rank) else {
        throw device.error("rank \(rank.number) stands twice: \(NCCLRanks.alone)", remedy: NCCLRanks.remedy)
      }
    }
    var table = CollectiveRows(source, options)
    for result in try root.required("results").array() {
      try run.add(row(result, options), options, to: &table)
    }
    return try table.finish()
  }

  /// A result as a row of the text's columns.
  private static func row(_ result: JSONValue, _ options: ImportOptions) throws(FileError) -> SourceRow {
    for key in result.keys where !known.contains(key) && !options.ignoredColumns.contains(key) {
      throw (result[key] ?? result).error(
        "key \(key) is not known", remedy: "if it does not change what the times mean, --ignore-column \(key)")
    }
    let buffers = try result.required(options.buffers == .outOfPlace ? "out_of_place" : "in_place")
    if let time = buffers["cpu_time"] {
      throw time.error("cpu_time is the CPU's time, not the collective's", remedy: "run without -C")
    }
    var values: [(name: String, text: String, value: JSONValue)] = []
    func take(_ name: String, _ value: JSONValue?, _ text: (JSONValue) throws(FileError) -> String) throws(FileError) {
      if let value { values.append((name, try text(value), value)) }
    }
    let number = { (value: JSONValue) throws(FileError) in "\(try value.double())" }
    try take("size", result.required("size")) { value throws(FileError) in "\(try value.integer())" }
    try take("type", result["type"]) { value throws(FileError) in try value.string() }
    try take("redop", result["redop"]) { value throws(FileError) in try value.string() }
    // Written as a padded string.
    try take("root", result["root"]) { value throws(FileError) in
      try value.string().split(whereSeparator: \.isWhitespace).joined()
    }
    try take("time", buffers.required("time"), number)
    try take("algbw", buffers["alg_bw"], number)
    try take("busbw", buffers["bus_bw"], number)
    try take("#wrong", buffers["nwrong"], number)

    var columns: [String: Int] = [:]
    for (index, value) in values.enumerated() { columns[value.name] = index }
    let places = values.map(\.value)
    return SourceRow(columns: columns, fields: values.map(\.text), line: result.error("").line) {
      let place = $0.flatMap { places.indices.contains($0) ? places[$0] : nil } ?? result
      return place.error($1, remedy: $2)
    }
  }

  private static let known: Set = [
    "size", "count", "type", "redop", "root", "out_of_place", "in_place", "out_of_place_per_iter", "in_place_per_iter",
    "actual_iterations", "experiment_name", "timestamp",
  ]
}
