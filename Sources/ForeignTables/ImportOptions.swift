public import GEMMTiming

/// What the user says of a file that does not say it itself.
public struct ImportOptions: Hashable, Sendable {
  /// Where a collective found its data and left its result.
  public enum Buffers: String, Sendable, CaseIterable {
    case outOfPlace = "out-of-place"
    case inPlace = "in-place"
  }

  /// What a table's rows are of, where a file has several kinds.
  public enum Rows: String, Sendable, CaseIterable {
    case gemm, collective, attention, memory
  }

  /// The device's name in the table; wins over the name in the file, which is carried along as `source_device`.
  public var device: String?
  /// The element type of a file that names none.
  public var dtype: DataType?
  /// The collective that was measured, for a file that does not name it.
  public var collective: Communication.Kind?
  /// How many GPUs took part, for a file that does not say.
  public var ranks: Int?
  /// Over how many nodes they were spread, for a file that does not say.
  public var nodes: Int?
  /// Which of the two times of nccl-tests is taken.
  public var buffers: Buffers
  /// Whether every kernel or solution of a tool that tries many is taken, or the fastest for each GEMM.
  public var takesEveryKernel: Bool
  /// What the rows are of, in a file of several kinds: products unless told otherwise.
  public var rows: Rows?
  /// Columns that are not known and do not matter.
  public var ignoredColumns: Set<String>

  /// Nothing said, unless given.
  public init(
    device: String? = nil, dtype: DataType? = nil, collective: Communication.Kind? = nil, ranks: Int? = nil,
    nodes: Int? = nil, buffers: Buffers = .outOfPlace, takesEveryKernel: Bool = false,
    rows: Rows? = nil, ignoredColumns: Set<String> = []
  ) {
    self.device = device
    self.dtype = dtype
    self.collective = collective
    self.ranks = ranks
    self.nodes = nodes
    self.buffers = buffers
    self.takesEveryKernel = takesEveryKernel
    self.rows = rows
    self.ignoredColumns = ignoredColumns
  }
}
