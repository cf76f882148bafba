public import GEMMTiming

/// One thing to measure: a routine, its extents, how many threads, and where its operands are and how they lie.
public struct WorkItem: Hashable, Sendable {
  /// What is timed.
  public let routine: TimingRow.Routine
  /// For `copy` and `axpy` the m elements of (m, 1, 1).
  public let shape: GEMMShape
  /// How many threads a call uses.
  public let threads: Int
  /// Where operands are when a call begins.
  public let cache: TimingRow.CacheState
  /// How a product's operands lie in memory.
  public let layout: OperandLayout

  /// Names what to measure.
  public init(
    _ shape: GEMMShape, routine: TimingRow.Routine = .gemm, threads: Int, cache: TimingRow.CacheState = .hot,
    layout: OperandLayout = .nn
  ) {
    self.routine = routine
    self.shape = shape
    self.threads = threads
    self.cache = cache
    self.layout = layout
  }

  /// The item that a table's row measured; nil when the row does not say its threads or cache state.
  public init?(_ row: TimingRow) {
    guard let threads = row.threads, let cache = row.cache else { return nil }
    self.init(row.shape, routine: row.routine, threads: threads, cache: cache, layout: row.layout)
  }

  /// Bytes of all operands: A, B and C, or x and y.
  public var operandBytes: Double {
    4 * (routine == .gemm ? shape.elements : 2 * Double(shape.m) * Double(shape.batch))
  }

  /// Whether one thread does all of a call, whatever number of them there is: of products, those of m·k·n up to `volume`.
  func isAlone(upTo volume: Double) -> Bool {
    if threads == 1 { return true }
    return routine == .gemm && Double(shape.m) * Double(shape.k) * Double(shape.n) <= volume
  }
}
