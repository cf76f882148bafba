public import LinearSolvers

extension DeviceSpecification {
  /// The device with its fits of exchanges, passes over memory and attention moved towards rows that were measured on
  /// it, and what each of these brought.
  ///
  /// Rows of other devices and operations are left out.
  ///
  /// - Throws: `SolverError`; it does not occur with finite rows.
  public func refined(
    by entries: [MeasuredTable.Entry], solver: any DenseSolver
  ) throws(SolverError) -> (device: DeviceSpecification, lessons: [RefinementLesson]) {
    let own = entries.filter { $0.device == name }
    guard !own.isEmpty else { return (self, []) }
    var device = self
    var lessons: [RefinementLesson] = []
    try device.refineCollectives(by: own, lessons: &lessons, solver: solver)
    try device.refineMemory(by: own, lessons: &lessons, solver: solver)
    try device.refineAttention(by: own, lessons: &lessons, solver: solver)
    return (device, lessons)
  }
}
