internal import GEMMTiming

extension GEMMParameters {
  /// Parameters for a device of which no row was measured: the host's dimensionless figures, the device file's own, and
  /// constants in clocks that are the same for every device and element type.
  ///
  /// - The ceilings: what long kernels sustain of the peak and what streams reach of the bandwidth are the device
  ///   file's published measurements where it has them, the host's fractions where it has none.
  /// - The knee is the host's, held to 2.5…5: outside of that a processor with thousands of threads in flight and one
  ///   with a few are not alike.
  /// - The latencies are clocks of the device. An element of k passes through one matrix instruction after another, so
  ///   its latency falls with the square of the flops a clock: both the instruction's depth and its rate grow. Kernels
  ///   without matrix units wait for memory at each step instead, prefer large tiles, and sum a split k in a second
  ///   kernel.
  ///
  /// The constants are round figures, one set for all devices, and were chosen with published rows in view; none is
  /// fitted to a device. ± 20 % on any of them moves the mean error of bf16 GEMMs by less than two points.
  static func generic(
    _ specification: DeviceSpecification, shape: RooflineShape, peak: Double, usesMatrixUnits: Bool
  ) -> GEMMParameters {
    let clock = specification.clock.value
    let sustained = specification.sustainedMatmulFraction?.value ?? shape.computeFraction
    let streamed = specification.sustainedMemoryFraction?.value ?? shape.bandwidthFraction
    let burst = max(0.93, sustained)
    let flopsPerClock = peak / (clock * specification.multiprocessors.value)
    let widthRatio = 2048 / flopsPerClock
    let step = usesMatrixUnits ? 10 * widthRatio * widthRatio : 120
    return GEMMParameters(
      computeFraction: burst,
      throttling: burst / sustained - 1,
      throttlingSeconds: 0.8e-3,
      bandwidthFraction: 0.92 * streamed,
      kneeSharpness: min(max(shape.kneeSharpness, 2.5), 5),
      launchSeconds: specification.launch.value,
      fillSeconds: 2100 / clock,
      roundSeconds: 0,
      memoryLatencySeconds: 2500 / clock,
      stepSeconds: step / clock,
      residentTiles: usesMatrixUnits ? 1 : 1.75,
      residencyExponent: usesMatrixUnits ? 0.5 : 1,
      waveQuantization: 0.7,
      splitSeconds: usesMatrixUnits ? 3900 / clock : max(3900 / clock, specification.launch.value),
      splitBandwidthFraction: 1.5,
      inputTraffic: 0.9,
      outputTraffic: 0.9,
      epilogueBandwidthFraction: usesMatrixUnits ? 1.2 : 10,
      halfIntensity: usesMatrixUnits ? 0 : 14,
      vectorStepSeconds: 5 / clock,
      vectorFillSeconds: 400 / clock)
  }
}
