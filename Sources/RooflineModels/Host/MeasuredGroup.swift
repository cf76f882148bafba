public import GEMMTiming

/// What the rows of one fit share: device, element type, threads and cache state.
public struct MeasuredGroup: Hashable, Sendable {
  /// The device's name as in the table.
  public let device: String
  /// The element type.
  public let dtype: DataType
  /// Threads that the GEMM ran on; nil where the table does not say.
  public let threads: Int?
  /// Whether operands were in cache; nil where the table does not say.
  public let cache: TimingRow.CacheState?

  /// Names a group.
  public init(device: String, dtype: DataType, threads: Int? = nil, cache: TimingRow.CacheState? = nil) {
    self.device = device
    self.dtype = dtype
    self.threads = threads
    self.cache = cache
  }

  /// The group that a row belongs to.
  public init(_ row: TimingRow) {
    self.init(device: row.device, dtype: row.dtype, threads: row.threads, cache: row.cache)
  }

  /// The group of the same products with operands that no cache holds.
  var cold: MeasuredGroup { MeasuredGroup(device: device, dtype: dtype, threads: threads, cache: .cold) }

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
  /// `epyc fp32, 2 threads, hot`, with the parts that are known.
  public var description: String {
    var text = "\(device) \(dtype.rawValue)"
    if let threads { text += threads == 1 ? ", 1 thread" : ", \(threads) threads" }
    if let cache { text += ", \(cache.rawValue)" }
    return text
  }
}
