/// What rows have in common that measured the same thing: the group, the routine and the shape.
public struct MeasuredThing: Hashable, Sendable {
  /// Device, type, threads, operands and software.
  public let group: MeasuredGroup
  /// What was timed.
  public let routine: TimingRow.Routine
  /// Its extents.
  public let shape: GEMMShape

  /// What a row measured.
  public init(_ row: TimingRow) {
    group = MeasuredGroup(row)
    routine = row.routine
    shape = row.shape
  }
}
