internal import GEMMTiming
internal import LinearSolvers

/// What a fit takes from a table for one group of its rows.
struct FitInput {
  let group: MeasuredGroup
  /// The table's rows of the group: products, streams and passes.
  let members: [TimingRow]
  /// Its products by shape.
  let rows: [FitRow]
  /// What operands in memory cost in addition; nil where the table does not say.
  let uncached: UncachedCost?

  private var elementSize: Double { Double(group.dtype.size) }

  /// Gathers a group's rows: O(rows · log rows).
  ///
  /// - Throws: ``FitError`` where they have too few shapes.
  init(_ table: TimingTable, group: MeasuredGroup) throws(FitError) {
    self.group = group
    members = table.rows.filter { MeasuredGroup($0) == group }
    do throws(ShapeError) {
      rows = try FitRow.pooled(members)
      let cold = try FitRow.pooled(
        group.cache == .hot ? table.rows.filter { MeasuredGroup($0) == group.cold } : [])
      uncached = UncachedCost(
        streams: members, hot: rows, cold: cold, elementSize: Double(group.dtype.size))
    } catch {
      throw .unsolvable(group: "\(group)", reason: error.description)
    }
    guard rows.count >= FitOptions.minimumShapes else {
      throw .tooFewRows(group: "\(group)", found: rows.count, needed: FitOptions.minimumShapes)
    }
  }

  /// Decides what is decided once, on all rows.
  func recipe(_ options: FitOptions, solver: any DenseSolver) throws(SolverError) -> HostFit.Recipe {
    try HostFit.Recipe(
      rows, uncached: uncached, depth: KnownBlocking.depth(of: members), elementSize: elementSize,
      threads: group.threads ?? 1, options: options, solver: solver)
  }
}
