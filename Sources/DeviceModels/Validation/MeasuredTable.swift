public import DataFiles
public import GEMMTiming

/// A file of measured times of any kind that models predict, with what each row measured.
public struct MeasuredTable: Sendable {
  /// What a file's rows are, known from its header.
  public enum Kind: String, Sendable, CaseIterable {
    case gemm, collective, attention
    /// Passes over memory, as scripts/measure_gpu.py writes them.
    case memory
    /// The operations of one transformer layer side by side, as Vidur's profiler writes them.
    case layerOperations = "layer-ops"
    /// Training iterations; their rows are read by whoever models whole runs.
    case endToEnd = "end-to-end"

    /// The columns that tell the kind.
    var columns: [String] {
      switch self {
      case .gemm: ["device", "dtype", "m", "k", "n", "batch", "time_us"]
      case .collective: ["device", "collective", "ranks", "bytes", "time_us"]
      case .attention: ["device", "dtype", "batch", "seq", "heads", "kv_heads", "head_dim", "time_us"]
      case .memory: ["device", "op", "bytes_read", "bytes_written", "time_us"]
      case .layerOperations:
        ["device", "tp", "num_tokens", "n_embd", "n_head", "n_kv_head", "n_ff", "gated", "input_layernorm_us"]
      case .endToEnd: ["device", "hidden", "layers", "heads", "seq", "tp", "pp", "dp", "global_batch", "time_s"]
      }
    }
  }

  /// One measured time.
  public struct Entry: Sendable {
    /// The row of the file, from 0.
    public let row: Int
    /// The device as the file names it.
    public let device: String
    /// The software that ran it, where the file has a `variant` column.
    public let variant: String?
    /// The operation's name where a row holds several; else the kind of operation.
    public let label: String
    /// The size class for statistics.
    public let sizeClass: String
    /// What was measured.
    public let operation: Operation
    /// The measured time in seconds.
    public let seconds: Double
    /// The row as a timing table has it; nil in files of other kinds than GEMMs.
    public var timing: TimingRow?

    /// Whether a GEMM file's row is of a pass over memory: `copy` and `axpy`.
    public var isStream: Bool { (timing?.routine ?? .gemm) != .gemm }
  }

  /// The file's kind.
  public let kind: Kind
  /// The file.
  public let document: CSVDocument
  /// The measured times in the file's order; empty for end-to-end files.
  public let entries: [Entry]

  /// Reads a file and detects its kind from the header.
  ///
  /// - Throws: `FileError` for a header of no known kind, which lists what each kind needs, and for illegal fields with
  ///   their line and column.
  ///
  /// `columns` says what a layer's columns measure; without it files of layers are refused.
  public init(contentsOf path: String, columns: MeasuredLayer.Columns? = nil) throws(FileError) {
    try self.init(CSVDocument(contentsOf: path), columns: columns)
  }

  /// Interprets a CSV document.
  public init(_ document: CSVDocument, columns: MeasuredLayer.Columns? = nil) throws(FileError) {
    guard let kind = Self.kind(of: document) else {
      let kinds = Kind.allCases.map { "\($0.rawValue): \($0.columns.joined(separator: ","))" }
      throw FileError(
        .malformed, file: document.file, line: 1, problem: "the header is of no kind that can be validated",
        remedy: "the kinds and their columns are " + kinds.joined(separator: "; "))
    }
    self.kind = kind
    self.document = document
    let reader = MeasuredRowReader(document, columns: columns)
    var entries: [Entry] = []
    if kind == .gemm, !document.rows.isEmpty {
      let rows = try TimingTable(document).rows
      entries = rows.indices.map { reader.entry($0, rows[$0]) }
    } else if kind != .endToEnd {
      for row in document.rows.indices { entries += try reader.entries(row, kind) }
    }
    if entries.isEmpty, kind != .endToEnd {
      throw FileError(.malformed, file: document.file, problem: "has no measured rows")
    }
    self.entries = entries
  }

  /// The table with some of its entries only.
  public func filtered(_ isIncluded: (Entry) -> Bool) -> MeasuredTable {
    MeasuredTable(kind: kind, document: document, entries: entries.filter(isIncluded))
  }

  private init(kind: Kind, document: CSVDocument, entries: [Entry]) {
    self.kind = kind
    self.document = document
    self.entries = entries
  }

  /// The kind that a header tells; nil when it tells none.
  public static func kind(of document: CSVDocument) -> Kind? {
    Kind.allCases.first { $0.columns.allSatisfy { document.column($0) != nil } }
  }

  /// The entries that are rows of timing tables, as these have them.
  public var timings: [TimingRow] { entries.compactMap(\.timing) }

  /// The devices in order of appearance.
  public var devices: [String] {
    var seen: Set<String> = []
    return entries.compactMap { seen.insert($0.device).inserted ? $0.device : nil }
  }
}
