internal import Foundation
public import GEMMTiming
public import LinearSolvers

/// `Get_Time` of a host, fitted to measured rows of one device, element type, thread count and cache state.
///
///     t(m, k, n) = max( structure(m, k, n) · exp(remainder(m, k, n)),  flops / peak )
///
/// The structure is a sum of non-negative terms, each the cost of a real part of a blocked GEMM (fixed cost, padded
/// multiply-adds, packing, write-back); the remainder is a Gaussian process on the log residual. Beyond the measured
/// range a time goes on from the nearest shape inside as the costs of the large rows do. Every prediction has a 90 %
/// interval.
public struct FittedModel: GEMMTimeModel, Hashable {
  /// What was measured.
  public let group: MeasuredGroup
  /// The limits that the rows show.
  public let ceilings: HostCeilings
  /// What carries over to a device of other peaks.
  public let rooflineShape: RooflineShape
  /// The k-fold held-out test of this very fit.
  public let crossValidation: CrossValidation

  /// The fits of the same products with operands elsewhere or stored otherwise, each beside this one.
  public let operands: [OperandFit]

  let rows: [FitRow]
  let structure: StructuralModel
  let remainder: HostRemainder?
  let intervals: IntervalModel
  let streaming: StreamingCurve?
  /// What passes over rows take, for each kind that the table tells of.
  let passes: [PassCost]
  let asymptote: RooflineAsymptote
  /// How far below the compute ceiling's time an interval may reach: the ceiling is the time of the fastest row, which is
  /// as unsure as a prediction there.
  let ceilingFactor: Double
  /// Where each measured shape stands in `rows`.
  let rowIndex: [GEMMShape: Int]

  /// The device's name as in the table.
  public var deviceName: String { group.device }

  /// How many different GEMM shapes the fit rests on.
  public var shapeCount: Int { rows.count }

  /// Fits one model a group of the table; groups of too few rows are passed over where others have enough.
  ///
  /// - Parameters:
  ///   - table: measured rows of one or several groups.
  ///   - solver: dense linear algebra: LAPACK, or `PortableSolver`.
  ///   - options: how the fit is made.
  /// - Returns: the models in the order in which their groups appear.
  /// - Throws: ``FitError`` when no group has enough rows, or the rows of one are of two machines. O(rows³).
  public static func fit(
    _ table: TimingTable, solver: any DenseSolver, options: FitOptions = FitOptions()
  ) throws(FitError) -> [FittedModel] {
    let groups = MeasuredGroup.groups(of: table)
    guard !groups.isEmpty else { throw .noGEMMRows }
    if let conflict = MeasurementConflict.first(in: table) { throw .contradictory(conflict) }
    let small = groupsTooSmall(in: table)
    // Where all are too small, the first says so itself.
    let passedOver = Set(small.count < groups.count ? small.compactMap(\.group) : [])
    let fitted = groups.filter { !passedOver.contains("\($0)") }
    var models: [FittedModel] = []
    for group in fitted where group.isBase || !fitted.contains(group.base) {
      models.append(try FittedModel(fitting: table, group: group, solver: solver, options: options))
    }
    return models
  }

  /// Why groups of the table can have no model: one error for each that has fewer different shapes than a fit takes.
  ///
  /// Places and layouts of operands can go without: what is asked of them is then told from the hot rows, and said to be.
  ///
  /// - Parameters:
  ///   - table: measured rows.
  ///   - withPlaces: whether places and layouts beside a fit of hot rows are named as well.
  /// - Returns: the errors, in the order of the groups: O(rows).
  public static func groupsTooSmall(in table: TimingTable, withPlaces: Bool = true) -> [FitError] {
    var shapes: [MeasuredGroup: Set<[Int]>] = [:]
    for row in table.rows where row.routine == .gemm {
      shapes[MeasuredGroup(row), default: []].insert([row.shape.m, row.shape.k, row.shape.n])
    }
    return MeasuredGroup.groups(of: table).compactMap { group in
      let found = shapes[group]?.count ?? 0
      let isBeside = !group.isBase && shapes[group.base]?.count ?? 0 >= FitOptions.minimumShapes
      guard withPlaces || !isBeside else { return nil }
      let needed = isBeside ? OperandFit.minimumShapes : FitOptions.minimumShapes
      return found < needed ? .tooFewRows(group: "\(group)", found: found, needed: needed) : nil
    }
  }

  /// The compute ceiling: the fastest flop/s that any row reached; nil for an element type that was not measured.
  public func peakFlops(_ dtype: DataType) -> Double? {
    dtype == group.dtype ? ceilings.peakFlops : nil
  }
}
