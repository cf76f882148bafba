extension TimePrediction {
  /// The prediction itself where it can be a time: all that leaves a time model passes here.
  ///
  /// - Parameters:
  ///   - device: whose prediction it is, for the message.
  ///   - operation: what was asked for.
  /// - Returns: the prediction.
  /// - Throws: ``UnsupportedOperation`` of kind `impossible` for a time that is no finite number, below a picosecond
  ///   for a GEMM, negative for others, or outside of its own interval.
  public func checked(of device: String, for operation: Operation) throws(UnsupportedOperation) -> TimePrediction {
    var least = 0.0
    if case .gemm = operation { least = 1e-12 }
    // An end may round to the other side of the median.
    let slack = 1e-9 * seconds
    if seconds.isFinite, high.isFinite, seconds >= least, low >= 0, low <= seconds + slack, seconds <= high + slack {
      return self
    }
    // Made here alone, as a string takes longer than a prediction.
    var asked = "an operation"
    if case .gemm(let shape, _, _) = operation { asked = "GEMM \(shape)" }
    throw UnsupportedOperation(
      device: device,
      reason: "\(asked) would take \(seconds) s, from \(low) s to \(high) s, which cannot be; "
        + "check the device file, table or fitted model that it rests on",
      kind: .impossible)
  }
}
