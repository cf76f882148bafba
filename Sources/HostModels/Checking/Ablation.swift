internal import Foundation
public import GEMMTiming
public import LinearSolvers
public import ModelStatistics

/// What each group of terms of a host's fit brings: the held-out test again without it.
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
  /// The whole fit first, then without each group.
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
    let rows = input.rows
    do {
      var recipe = try input.recipe(options, solver: solver)
      let all = CodePath.groups(recipe.geometry.large) + (recipe.geometry.small.map(CodePath.groups) ?? [])
      func test(_ name: String, without: Set<TermGroup>) throws -> Part? {
        recipe.without = without
        let heldOut = try HostFit.heldOutResiduals(
          rows, recipe: recipe, folds: options.folds(rows: rows.count), seed: options.seed, solver: solver)
        let test = CrossValidation(
          folds: options.folds(rows: rows.count),
          points: IntervalModel.calibrated(
            rows, predictions: zip(rows, heldOut).map { $0.seconds / exp($1) }, growth: .none
          ).points)
        guard let statistics = test.statistics() else { return nil }
        let part = Part(
          name: name, terms: all.count { without.contains($0) }, all: statistics, models: test.statistics(.layers))
        progress(part)
        return part
      }
      var parts = [try test("nothing", without: [])].compactMap(\.self)
      guard let whole = parts.first else {
        self.parts = []
        return
      }
      func loss(_ part: Part) -> Double { part.all.mean - whole.all.mean }
      var alone: [(group: TermGroup, loss: Double)] = []
      for group in TermGroup.allCases where all.contains(group) {
        guard let part = try test(group.title, without: [group]) else { continue }
        parts.append(part)
        alone.append((group, loss(part)))
      }
      // What one group leaves undone another may do: they go one after the other, the least missed first.
      var gone: Set<TermGroup> = []
      for (group, _) in alone.sorted(by: { $0.loss < $1.loss }) {
        guard let part = try test("also \(group.title)", without: gone.union([group])) else { continue }
        if loss(part) < Self.least {
          gone.insert(group)
          parts.append(part)
        }
      }
      self.parts = parts
    } catch {
      throw .unsolvable(group: "\(group)", reason: "\(error)")
    }
  }
}
