public import GEMMTiming

/// One thing to measure: a routine, its extents, how many threads, and whether the operands are in cache.
public struct WorkItem: Hashable, Sendable {
  /// What is timed.
  public let routine: TimingRow.Routine
  /// For `copy` and `axpy` the m elements of (m, 1, 1).
  public let shape: GEMMShape
  /// How many threads a call uses.
  public let threads: Int
  /// Whether operands are in cache.
  public let cache: TimingRow.CacheState

  /// Names what to measure.
  public init(
    _ shape: GEMMShape, routine: TimingRow.Routine = .gemm, threads: Int, cache: TimingRow.CacheState = .hot
  ) {
    self.routine = routine
    self.shape = shape
    self.threads = threads
    self.cache = cache
  }

  /// The item that a table's row measured; nil when the row does not say its threads or cache state.
  public init?(_ row: TimingRow) {
    guard let threads = row.threads, let cache = row.cache else { return nil }
    self.init(row.shape, routine: row.routine, threads: threads, cache: cache)
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
