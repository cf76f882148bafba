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

  /// A listed product, hot and as A·B unless the list says otherwise.
  init(_ listed: ShapeList.Item, threads: Int) {
    self.init(listed.shape, threads: threads, cache: listed.cache ?? .hot, layout: listed.layout ?? .nn)
  }

  /// The item that a table's row measured; nil when the row does not say its threads or cache state.
  public init?(_ row: TimingRow) {
    guard let threads = row.threads, let cache = row.cache else { return nil }
    self.init(row.shape, routine: row.routine, threads: threads, cache: cache, layout: row.layout)
  }

  /// Bytes of all operands: A, B and C, or what is read and written.
  public var operandBytes: Double {
    if routine == .gemm { return 4 * shape.elements }
    if routine.isStream { return 8 * Double(shape.m) * Double(shape.batch) }
    return 4 * Double(shape.m) * Double(shape.n) * Double(routine.operandCount + 1)
  }

  /// Whether one thread does all of a call, whatever number of them there is: of products, those of m·k·n up to `volume`.
  func isAlone(upTo volume: Double) -> Bool {
    if threads == 1 || routine.passKind != nil { return true }
    return routine == .gemm && Double(shape.m) * Double(shape.k) * Double(shape.n) <= volume
  }
}
