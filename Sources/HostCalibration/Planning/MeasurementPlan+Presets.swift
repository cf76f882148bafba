extension MeasurementPlan {
  /// A plan that covers the space of shapes within a preset's time.
  ///
  /// - Parameters:
  ///   - threads: the numbers of threads to measure with; the budget is shared among them.
  ///   - budget: seconds in all, instead of the preset's.
  ///   - memoryLimit: bytes for operands; half of the usable memory unless given.
  /// - Throws: ``CalibrationError`` for no threads, more than can run, a budget that is not positive.
  public static func preset(
    _ preset: Preset, topology: HostTopology, threads: [Int], budget: Double? = nil, memoryLimit: Double? = nil,
    seed: UInt64 = 1
  ) throws(CalibrationError) -> MeasurementPlan {
    throw .badPlan("no shapes")
  }
}
