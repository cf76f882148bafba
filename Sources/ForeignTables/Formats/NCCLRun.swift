internal import DataFiles
internal import GEMMTiming

/// One run of a program of nccl-tests: what it measured between which GPUs.
///
/// Meaning of the figures: NVIDIA/nccl-tests `doc/PERFORMANCE.md` and `src/util.cu`: `size` is the bytes of the whole
/// message, `time` microseconds, `algbw` = size / time in GB/s (10⁹), and `busbw` = algbw times a factor of the
/// collective and the number of ranks.
struct NCCLRun {
  /// The program's name: `all_reduce_perf`; nil where the file does not say.
  var program: String?
  /// The host of each rank, and the GPU's name.
  var ranks: [(host: String, device: String)] = []

  /// Takes over one row whose columns are `size`, `type`, `redop` and, for the buffers asked for, `time`, `algbw`,
  /// `busbw`, `#wrong`, each followed by `suffix`.
  func add(
    _ row: SourceRow, suffix: String = "", _ options: ImportOptions, to table: inout CollectiveRows
  ) throws(FileError) {
    let collective = try agreed(
      try program.map { name throws(FileError) in try Self.collective(name, row) }, options.collective, row,
      "collective", "--collective, one of \(Self.names)")
    let count = try agreed(ranks.isEmpty ? nil : ranks.count, options.ranks, row, "number of ranks", "--ranks")
    let hosts = ranks.isEmpty ? nil : Set(ranks.map(\.host)).count
    var nodes = hosts ?? options.nodes
    if let hosts, let given = options.nodes {
      nodes = try agreed(hosts, given, row, "number of nodes", "--nodes")
    }

    if let wrong = row["#wrong\(suffix)"].flatMap({ Double($0) }), wrong > 0 {
      return table.leaveOut(row, "its result was wrong")
    }
    let bytes = try row.whole("size", minimum: 0)
    guard bytes > 0 else { return table.leaveOut(row, "nothing was sent") }
    let time = "time\(suffix)"
    let microseconds = try row.positive(time)
    try check(row, suffix, Double(bytes) / microseconds * 1e-3, collective, ranks: count)

    let devices = Set(ranks.map(\.device))
    guard devices.count <= 1 || options.device != nil else {
      throw row.fail(nil, "the ranks ran on \(devices.sorted().joined(separator: " and "))", "give --device NAME")
    }
    let root = row["root"].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : String($0) }
    try table.add(
      row, device: devices.count == 1 ? devices.first : nil, collective: collective, ranks: count, nodes: nodes,
      bytes: bytes, seconds: microseconds * 1e-6,
      other: [
        "dtype": row["type"], "redop": row["redop"].flatMap { $0 == "none" ? nil : $0 }, "root": root,
        "buffers": options.buffers.rawValue,
      ])
  }

  /// Holds the bandwidths against size, time and ranks: a unit or a number of ranks that is not as believed shows.
  private func check(
    _ row: SourceRow, _ suffix: String, _ bandwidth: Double, _ collective: Communication.Kind, ranks: Int
  ) throws(FileError) {
    // Bandwidths are printed with two decimals, so that small ones say little.
    guard bandwidth >= 0.1, row["algbw\(suffix)"] != nil else { return }
    try row.check(
      "algbw\(suffix)", try row.positive("algbw\(suffix)"), against: bandwidth, tolerance: 0.01 + 0.006 / bandwidth,
      "size / time in GB/s is expected, for a size in bytes and a time in microseconds")
    let n = Double(ranks)
    let factor =
      switch collective {
      case .allReduce: 2 * (n - 1) / n
      case .allGather, .reduceScatter, .allToAll: (n - 1) / n
      case .broadcast, .sendReceive: 1.0
      }
    let bus = bandwidth * factor
    guard bus >= 0.1, row["busbw\(suffix)"] != nil else { return }
    try row.check(
      "busbw\(suffix)", try row.positive("busbw\(suffix)"), against: bus, tolerance: 0.015 + 0.012 / bus,
      "\(collective.rawValue) among \(ranks) ranks has that busbw")
  }

  /// What the file says, or else the user; both must say the same.
  private func agreed<Value: Equatable>(
    _ file: Value?, _ given: Value?, _ row: SourceRow, _ what: String, _ option: String
  ) throws(FileError) -> Value {
    func name(_ value: Value) -> String { (value as? Communication.Kind)?.rawValue ?? "\(value)" }
    if let file, let given, file != given {
      throw row.fail(nil, "the \(what) is \(name(file)) in the file", "the command line says \(name(given))")
    }
    if let value = file ?? given { return value }
    throw row.fail(nil, "the file does not say the \(what)", "give \(option)")
  }

  private static var names: String { Communication.Kind.allCases.map(\.rawValue).joined(separator: ", ") }

  /// The collective of a program's name, with or without folder, `_perf` and `_mpi`.
  private static func collective(_ program: String, _ row: SourceRow) throws(FileError) -> Communication.Kind {
    var name = program.split(separator: "/").last ?? ""
    for ending in ["_mpi", "_perf"] where name.hasSuffix(ending) { name = name.dropLast(ending.count) }
    if let kind = Communication.Kind(rawValue: String(name)) { return kind }
    throw row.fail(nil, "the program is \(program)", "one that measures \(names) is expected")
  }
}
