internal import Foundation
public import GEMMTiming
public import LinearSolvers
public import ModelStatistics

/// What each group of terms of a host's fit, and each other part of it, brings: the held-out test again without it.
///
/// Blocking and the process's parameters stay those of the whole fit; costs are solved for anew in every fold.
public struct Ablation: Sendable {
  /// The test of a fit without some terms.
  public struct Part: Sendable {
    /// What is left out; `nothing` for the whole fit.
    public let name: String
    /// Terms that are left out.
    public let terms: Int
    /// Over all shapes.
    public let all: ErrorStatistics
    /// Over shapes of models; nil where the table has none.
    public let models: ErrorStatistics?
  }

  /// What was fitted.
  public let group: MeasuredGroup
  /// The whole fit first, then without each group of terms, then without each other part.
  ///
  /// Those named "also …" are without the groups of the ones so named before them too, as long as all that are gone together
  /// are missed by less than ``least``.
  public let parts: [Part]

  /// How much of the mean |error| groups that are left out together may bring.
  public static let least = 0.002

  /// Tests a group of a table.
  ///
  /// - Parameters:
  ///   - table: measured rows.
  ///   - group: which of them; hot products as A·B.
  ///   - solver: dense linear algebra.
  ///   - options: how the fit is made.
  ///   - progress: called with each part.
  /// - Throws: ``FitError``. O(groups · rows · weights²).
  public init(
    _ table: TimingTable, group: MeasuredGroup, solver: any DenseSolver, options: FitOptions = FitOptions(),
    progress: (Part) -> Void = { _ in }
  ) throws(FitError) {
    self.group = group
    let input = try FitInput(table, group: group)
    do throws(SolverError) {
      let test = AblationTest(
        rows: input.rows, whole: try input.recipe(options, solver: solver), options: options, solver: solver)
      var parts: [Part] = []
      func add(_ part: Part) {
        parts.append(part)
        progress(part)
      }
      let whole = try test.part("nothing", test.whole)
      add(whole)
      var losses: [(group: TermGroup, loss: Double)] = []
      for group in TermGroup.allCases where test.groups.contains(group) {
        let part = try test.part(group.title, without: [group])
        add(part)
        losses.append((group, part.all.mean - whole.all.mean))
      }
      // What one group leaves undone another may do: they go one after the other, the least missed first.
      var gone: Set<TermGroup> = []
      for (group, _) in losses.sorted(by: { $0.loss < $1.loss }) {
        let part = try test.part("also \(group.title)", without: gone.union([group]))
        guard part.all.mean - whole.all.mean < Self.least else { continue }
        gone.insert(group)
        add(part)
      }
      for part in FitPart.allCases where part.isThere(in: test.whole) {
        add(try test.part(part.title, input.recipe(without: part, of: test.whole, options, solver: solver)))
      }
      self.parts = parts
    } catch {
      throw .unsolvable(group: "\(group)", reason: "\(error)")
    }
  }
}

/// The held-out test of fits that lack something.
private struct AblationTest {
  let rows: [FitRow]
  let whole: HostFit.Recipe
  let options: FitOptions
  let solver: any DenseSolver

  /// The group of each term of both paths.
  var groups: [TermGroup] {
    CodePath.groups(whole.geometry.large) + (whole.geometry.small.map(CodePath.groups) ?? [])
  }

  /// The test without groups of terms.
  func part(_ name: String, without terms: Set<TermGroup>) throws(SolverError) -> Ablation.Part {
    var recipe = whole
    recipe.without.terms = terms
    return try part(name, recipe)
  }

  /// The test of a recipe.
  func part(_ name: String, _ recipe: HostFit.Recipe) throws(SolverError) -> Ablation.Part {
    let folds = options.folds(rows: rows.count)
    let predictions = try HostFit.heldOutPredictions(
      rows, recipe: recipe, folds: folds, seed: options.seed, solver: solver)
    let points = IntervalModel.calibrated(
      rows, predictions: predictions, growth: .none
    ).points
    let test = CrossValidation(folds: folds, points: points)
    guard let all = test.statistics() else { throw .shapeMismatch("no rows to test by") }
    return Ablation.Part(
      name: name, terms: groups.count { recipe.without.terms.contains($0) }, all: all,
      models: test.statistics(.layers))
  }
}
