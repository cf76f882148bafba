public import GEMMTiming

/// Why a timing table gives no model.
public enum FitError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A group of rows is too small: what it is, how many different GEMM shapes it has, how many a fit takes.
  case tooFewRows(group: String, found: Int, needed: Int)
  /// No group of the table has GEMM rows.
  case noGEMMRows
  /// The rows of a group lead to a system that cannot be solved.
  case unsolvable(group: String, reason: SolverFailure)
  /// Rows of one group that are not of one thing.
  case contradictory(MeasurementConflict)
  /// Fewer than two folds, or another option outside its range.
  case badOption(name: String, value: String, expected: String)

  /// The text of the solver's error, so that the error stays comparable.
  public typealias SolverFailure = String

  /// The group that is meant; nil where it is the whole table or an option.
  var group: String? {
    switch self {
    case .tooFewRows(let group, _, _), .unsolvable(let group, _): group
    case .noGEMMRows, .badOption, .contradictory: nil
    }
  }

  /// One line for people.
  public var description: String {
    switch self {
    case .tooFewRows(let group, let found, let needed):
      "\(group) has \(found) different GEMM shapes; a fit needs at least \(needed)"
    case .noGEMMRows: "the table has no GEMM rows; a fit needs at least \(FitOptions.minimumShapes) of one device"
    case .contradictory(let conflict): "\(conflict); measure again, or fit them apart"
    case .unsolvable(let group, let reason): "\(group) cannot be fitted: \(reason)"
    case .badOption(let name, let value, let expected): "\(name) is \(value); \(expected) is expected"
    }
  }
}
