internal import Foundation
public import GEMMTiming
public import LinearSolvers

extension FittedModel {
  /// Fits the rows of one group of a table.
  ///
  /// The structure's geometry is searched, its coefficients solved, the remainder's parameters searched; then the rows
  /// are dealt into folds and each is predicted without its own, which calibrates the intervals.
  ///
  /// - Throws: ``FitError``. O(rows³).
  public init(
    fitting table: TimingTable, group: MeasuredGroup, solver: any DenseSolver, options: FitOptions = FitOptions()
  ) throws(FitError) {
    if let folds = options.folds, folds < 2 {
      throw .badOption(name: "folds", value: String(folds), expected: "a whole number of at least 2")
    }
    let input = try FitInput(table, group: group)
    let (members, rows) = (input.members, input.rows)
    let folds = options.folds(rows: rows.count)
    let fit: HostFit
    let predictions: [Double]
    let growth: ExtrapolationGrowth
    do throws(SolverError) {
      let recipe = try input.recipe(options, solver: solver)
      fit = try HostFit(rows, recipe: recipe, solver: solver)
      predictions = try HostFit.heldOutPredictions(
        rows, recipe: recipe, folds: folds, seed: options.seed, solver: solver)
      growth = try HostFit.extrapolationGrowth(rows, unseen: predictions, recipe: recipe, solver: solver)
    } catch {
      throw .unsolvable(group: "\(group)", reason: error.description)
    }
    let (intervals, points) = IntervalModel.calibrated(
      rows, predictions: predictions, growth: growth)
    guard let asymptote = fit.asymptote else {
      throw .tooFewRows(group: "\(group)", found: rows.count, needed: FitOptions.minimumShapes)
    }
    let streaming = StreamingCurve(rows: members)
    let passes: [PassCost]
    do throws(SolverError) { passes = try PassCost.fit(members, solver: solver) } catch {
      throw .unsolvable(group: "\(group)", reason: error.description)
    }
    let ceilings = HostCeilings(rows: rows, structure: fit.structure, streaming: streaming)
    self.init(
      group: group, ceilings: ceilings,
      rooflineShape: RooflineShape(rows: rows, ceilings: ceilings, structure: fit.structure, dtype: group.dtype),
      crossValidation: CrossValidation(folds: folds, points: points), rows: rows,
      structure: fit.structure, remainder: fit.remainder, intervals: intervals, streaming: streaming,
      passes: passes, asymptote: asymptote)
    guard group.cache == .hot, group.isBase else { return }
    var operands: [OperandFit] = []
    for other in MeasuredGroup.groups(of: table) where other != group && other.base == group {
      let members = table.rows.filter { MeasuredGroup($0) == other }
      if let fit = try OperandFit(fitting: members, group: other, base: self, options: options, solver: solver) {
        operands.append(fit)
      }
    }
    self = with(operands)
  }

  /// The model with the fits beside it.
  private func with(_ operands: [OperandFit]) -> FittedModel {
    FittedModel(
      group: group, ceilings: ceilings, rooflineShape: rooflineShape, crossValidation: crossValidation, rows: rows,
      structure: structure, remainder: remainder, intervals: intervals, streaming: streaming, passes: passes,
      asymptote: asymptote, operands: operands)
  }

  /// Puts a model together from its parts.
  init(
    group: MeasuredGroup, ceilings: HostCeilings, rooflineShape: RooflineShape, crossValidation: CrossValidation,
    rows: [FitRow], structure: StructuralModel, remainder: HostRemainder?, intervals: IntervalModel,
    streaming: StreamingCurve?, passes: [PassCost] = [], asymptote: RooflineAsymptote, operands: [OperandFit] = []
  ) {
    self.group = group
    self.operands = operands
    self.ceilings = ceilings
    self.rooflineShape = rooflineShape
    self.crossValidation = crossValidation
    self.rows = rows
    self.structure = structure
    self.remainder = remainder
    self.intervals = intervals
    self.streaming = streaming
    self.passes = passes
    self.asymptote = asymptote
    let fastest = rows.max { $0.shape.flops / $0.shortest < $1.shape.flops / $1.shortest }
    ceilingFactor =
      fastest.map { intervals.factors(m: $0.m, k: $0.k, n: $0.n, range: asymptote.range).low } ?? 1
    rowIndex = Dictionary(rows.enumerated().map { ($1.shape, $0) }, uniquingKeysWith: { first, _ in first })
  }
}
