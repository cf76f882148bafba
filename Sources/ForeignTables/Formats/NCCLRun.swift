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
  /// The GPUs that are listed.
  var ranks = NCCLRanks()
  /// Whether a row said that a result was wrong, in either kind of buffers.
  var hasWrongRow = false

  /// Takes over one row whose columns are `size`, `type`, `redop` and, for the buffers asked for, `time`, `algbw`,
  /// `busbw`, `#wrong`, each followed by `suffix`.
  mutating func add(
    _ row: SourceRow, suffix: String = "", _ options: ImportOptions, to table: inout CollectiveRows
  ) throws(FileError) {
    if let program, Self.collective(program) == nil {
      return table.leaveOut(row, "the program is \(program), and what it measures has no word here")
    }
    let collective = try agreed(
      program.flatMap(Self.collective), options.collective, row, "collective", "--collective, one of \(Self.names)")
    let (count, nodes, groups) = try layout(row, options)

    let isWrong = ["", "#2"].map { ending in
      Self.isWrong(row["#wrong\(ending)"], isCount: true) || Self.isWrong(row["error\(ending)"], isCount: false)
    }
    hasWrongRow = hasWrongRow || isWrong.contains(true)
    if isWrong[suffix.isEmpty ? 0 : 1] { return table.leaveOut(row, "its result was wrong") }
    let bytes = try row.whole("size", minimum: 0)
    guard bytes > 0 else { return table.leaveOut(row, "nothing was sent") }
    let time = "time\(suffix)"
    guard row[time] != "N/A" else { return table.leaveOut(row, "its time is not given") }
    let microseconds = try row.positive(time)
    let bandwidth = Double(bytes) / microseconds * 1e-3
    guard count > 1, !isAlone(row, suffix, bandwidth) else {
      return table.leaveOut(
        row, "one GPU took part, and nothing was exchanged: the processes of a build without MPI=1 run alone")
    }
    try check(row, suffix, bandwidth, collective, ranks: count)

    let devices = ranks.devices
    guard devices.count <= 1 || options.device != nil else {
      throw row.fail(nil, "the ranks ran on \(devices.sorted().joined(separator: " and "))", "give --device NAME")
    }
    if groups > 1 {
      table.note("\(groups) groups of \(count) ranks ran at once (NCCL_TESTS_SPLIT): the times are of one among them")
    }
    let root = row["root"].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : String($0) }
    try table.add(
      row, device: devices.count == 1 ? devices.first : nil, collective: collective, ranks: count, nodes: nodes,
      bytes: bytes, seconds: microseconds * 1e-6,
      other: [
        "dtype": row["type"], "redop": row["redop"].flatMap { $0 == "none" ? nil : $0 }, "root": root,
        "buffers": options.buffers.rawValue, "groups": groups > 1 ? String(groups) : nil,
      ])
  }

  /// How many ranks exchanged something, on how many nodes, in how many groups at once.
  private func layout(
    _ row: SourceRow, _ options: ImportOptions
  ) throws(FileError) -> (ranks: Int, nodes: Int?, groups: Int) {
    switch ranks.layout {
    case .known(let count, let nodes, let groups):
      _ = try agreed(count, options.ranks, row, "number of ranks", "--ranks")
      _ = try agreed(nodes, options.nodes, row, "number of nodes", "--nodes")
      return (count, nodes, groups)
    case .unclear(let reason):
      throw row.fail(nil, reason, "a list of all ranks is expected above the table")
    case .none:
      return (try agreed(nil, options.ranks, row, "number of ranks", "--ranks"), options.nodes, 1)
    }
  }

  /// Whether a field tells of a wrong result: a count above 0, an asterisk of rccl-tests, or an error that is no number.
  private static func isWrong(_ text: String?, isCount: Bool) -> Bool {
    guard let text, text != "N/A" else { return false }
    guard !text.hasSuffix("*"), let value = Double(text), value.isFinite else { return true }
    // Older releases print the largest difference, which rounding explains unless it is marked.
    return isCount && value > 0
  }

  /// Whether the bus carried nothing although data were handed over: the factor of one rank is 0.
  private func isAlone(_ row: SourceRow, _ suffix: String, _ bandwidth: Double) -> Bool {
    bandwidth >= 1 && row["busbw\(suffix)"].flatMap { Double($0) } == 0
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

  /// The collective of a program's name, with or without folder, `_perf` and `_mpi`; nil for one that has no word here.
  private static func collective(_ program: String) -> Communication.Kind? {
    var name = program.split(separator: "/").last ?? ""
    for ending in ["_mpi", "_perf"] where name.hasSuffix(ending) { name = name.dropLast(ending.count) }
    return Communication.Kind(rawValue: String(name))
  }
}
