internal import Foundation
internal import LinearSolvers

/// The part of an ``OperandFit`` that is done again for every fold: costs beside the base, and what they leave.
struct OperandCorrection: Hashable, Sendable {
  /// Seconds a unit of each term; of the base's own time how many times it counts.
  let costs: [Double]
  /// What the costs leave, in the logarithm.
  let process: ResidualProcess

  private var elementSize: Double { process.elementSize }

  /// Rows that each half of the terms describes the passage of: up to here, loads of B are hardly hidden.
  private static let fewRows: [Double] = [8, 64]

  /// How many terms there are.
  static let termCount = terms(1, 1, 1, base: 1, elementSize: 4).count

  /// Seconds of a product that the base takes `base` seconds for.
  ///
  /// O(rows).
  func seconds(_ m: Double, _ k: Double, _ n: Double, base: Double) -> Double {
    structural(m, k, n, base: base) * exp(process.mean(m: m, k: k, n: n))
  }

  private func structural(_ m: Double, _ k: Double, _ n: Double, base: Double) -> Double {
    Self.structural(m, k, n, base: base, costs: costs, elementSize: elementSize)
  }

  private static func structural(
    _ m: Double, _ k: Double, _ n: Double, base: Double, costs: [Double], elementSize: Double
  ) -> Double {
    max(zip(costs, terms(m, k, n, base: base, elementSize: elementSize)).reduce(0) { $0 + $1.0 * $1.1 }, base / 8)
  }

  /// What a product may take beside its base: its operands' elements, in all and out of each cache; B's where few rows
  /// hide little of them; rows of B and their pages.
  static func terms(_ m: Double, _ k: Double, _ n: Double, base: Double, elementSize: Double) -> [Double] {
    let (a, b, c) = (m * k, k * n, m * n)
    let bytes = elementSize * (a + b + c)
    var terms = [base, 1, m, k, n, a, b, c]
    for rows in fewRows { terms.append(b * CodePath.shown(m, below: rows)) }
    for size in CodePath.cacheSizes {
      let outside = CodePath.outside(bytes, size)
      terms += [a * outside, b * outside, c * outside, b * outside * CodePath.shown(m, below: 64)]
    }
    terms += [CodePath.pages(k, n, elementSize), CodePath.pages(n, k, elementSize)]
    return terms
  }

  /// A correction with known parts, as read from a file.
  init(costs: [Double], process: ResidualProcess) {
    self.costs = costs
    self.process = process
  }

  /// Solves for the costs and conditions the process on what they leave.
  ///
  /// `bases` are what the base says of each row without having seen it; `parameters` those of the process, searched where
  /// they are nil. O(rows³).
  init(
    _ rows: [FitRow], bases: [Double], geometry: BlockGeometry, elementSize: Double,
    parameters: ResidualProcess.Hyperparameters? = nil, solver: any DenseSolver
  ) throws(SolverError) {
    costs = try NonNegativeLeastSquares.relativeFit(
      zip(rows, bases).map { Self.terms($0.m, $0.k, $0.n, base: $1, elementSize: elementSize) },
      seconds: rows.map(\.seconds), solver: solver)
    let costs = costs
    let residuals = zip(rows, bases).map { row, base in
      let structural = Self.structural(
        row.m, row.k, row.n, base: base, costs: costs, elementSize: elementSize)
      return min(max(log(row.seconds / structural), -1.5), 1.5)
    }
    let errors = HostFit.errors(rows)
    let found =
      parameters
      ?? ResidualProcess.search(
        rows: rows, residuals: residuals, errors: errors, geometry: geometry, elementSize: elementSize, solver: solver)
    process = try ResidualProcess(
      rows: rows, members: Array(rows.indices), residuals: residuals, errors: errors, geometry: geometry,
      elementSize: elementSize,
      parameters: found, solver: solver)
  }
}
