/// What the rows of one fit share: device, element type, threads, where operands lie and how, and the library and kernel that ran.
///
/// Rows of different libraries, builds or kernels are different things: each group has its own fit.
public struct MeasuredGroup: Hashable, Sendable, Codable {
  /// The device's name as in the table.
  public let device: String
  /// The element type.
  public let dtype: DataType
  /// Threads that the GEMM ran on; nil where the table does not say.
  public let threads: Int?
  /// Where the operands were; nil where the table does not say.
  public let cache: TimingRow.CacheState?
  /// How the operands lie in memory.
  public let layout: OperandLayout
  /// The library with its version and build, as in `OpenBLAS 0.3.21 pthread`; nil where the table does not say.
  public let library: String?
  /// The library's kernel; nil where the table does not say.
  public let kernel: String?

  /// Names a group.
  public init(
    device: String, dtype: DataType, threads: Int? = nil, cache: TimingRow.CacheState? = nil,
    layout: OperandLayout = .nn, library: String? = nil, kernel: String? = nil
  ) {
    self.device = device
    self.dtype = dtype
    self.threads = threads
    self.cache = cache
    self.layout = layout
    self.library = library
    self.kernel = kernel
  }

  /// The group that a row belongs to.
  public init(_ row: TimingRow) {
    self.init(
      device: row.device, dtype: row.dtype, threads: row.threads, cache: row.cache, layout: row.layout,
      library: row.other["library"], kernel: row.other["kernel"])
  }

  /// The group of the same products with operands that no cache holds.
  public var cold: MeasuredGroup { with(cache: .cold, layout: layout) }

  /// The group of the same products called again and again, A·B: what the others are told by.
  public var base: MeasuredGroup { with(cache: .hot, layout: .nn) }

  /// Whether the group is one by which others are told.
  public var isBase: Bool { layout == .nn && (cache == .hot || cache == nil) }

  /// The group of products of the same device, type, threads and software, with operands elsewhere or otherwise.
  public func with(cache: TimingRow.CacheState?, layout: OperandLayout) -> MeasuredGroup {
    MeasuredGroup(
      device: device, dtype: dtype, threads: threads, cache: cache, layout: layout, library: library, kernel: kernel)
  }

  /// The groups of a table that have GEMM rows, in order of appearance.
  ///
  /// O(rows).
  public static func groups(of table: TimingTable) -> [MeasuredGroup] {
    var seen: Set<MeasuredGroup> = []
    return table.rows.compactMap { row in
      let group = MeasuredGroup(row)
      return row.routine == .gemm && seen.insert(group).inserted ? group : nil
    }
  }
}

extension MeasuredGroup: CustomStringConvertible {
  /// `epyc fp32, 2 threads, hot, OpenBLAS 0.3.21 pthread, Haswell`, with the parts that are known.
  public var description: String {
    var parts = ["\(device) \(dtype.rawValue)"]
    if let threads { parts.append(threads == 1 ? "1 thread" : "\(threads) threads") }
    if let cache { parts.append(cache.rawValue) }
    if layout != .nn { parts.append(layout.formula) }
    return (parts + [software].compactMap(\.self)).joined(separator: ", ")
  }

  /// `sequence, A·Bᵀ`: where operands are, and how they lie.
  public var operands: String { [cache?.rawValue, layout.formula].compactMap(\.self).joined(separator: ", ") }

  /// `OpenBLAS 0.3.21 pthread, Haswell`; nil where the table says neither.
  public var software: String? {
    let parts = [library, kernel].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
