/// How a fit is made; the defaults are what `gemmcast fit` uses.
public struct FitOptions: Hashable, Sendable {
  /// Parts of the k-fold held-out test, at least 2; nil for ten, or five of thousands of rows, where the work grows with
  /// the rows' cube and a tenth more to learn from tells little.
  public var folds: Int?
  /// Seed of the shuffle that deals rows into folds.
  public var seed: UInt64
  /// Whether the smooth remainder is learned on top of the structural terms; off, the structure stands alone.
  public var learnsRemainder: Bool

  /// Whether the library's blocking is searched; off, a usual one is taken: quicker, and enough for few rows.
  public var searchesBlocking: Bool

  /// Different GEMM shapes that a group needs at least: twice the structural terms of the smallest model.
  public static let minimumShapes = 16

  /// Options with the usual values.
  public init(folds: Int? = nil, seed: UInt64 = 1, learnsRemainder: Bool = true, searchesBlocking: Bool = true) {
    self.folds = folds
    self.seed = seed
    self.learnsRemainder = learnsRemainder
    self.searchesBlocking = searchesBlocking
  }

  /// The parts for so many rows.
  func folds(rows: Int) -> Int { min(folds ?? (rows < Self.manyRows ? 10 : 5), rows) }

  private static let manyRows = 3000
}
