internal import GEMMTiming

extension GEMMParameters {
  /// What matrix units do in a clock when rows begin on boundaries of one element alone, and operands are loaded without
  /// bulk copies: fitted to 833 bf16 rows of calibration/devices/h100-sxm-80gb/gemms.csv, whose main loop takes 7 times
  /// as long there; assumed to be the same on others.
  private static let unalignedFlopsPerClock = 520.0

  /// Parameters for a device of which no row was measured: the host's dimensionless figures, the device file's own, and
  /// constants in clocks that are the same for every device, one set for matrix units and one for kernels without.
  ///
  /// - The ceilings: what long kernels sustain of the peak and what streams reach of the bandwidth are the device
  ///   file's published measurements where it has them, the host's fractions where it has none.
  /// - The knee is the host's, held to 2.5…5: outside of that a processor with thousands of threads in flight and one
  ///   with a few are not alike.
  /// - The latencies are clocks of the device. An element of k passes through one matrix instruction after another, so
  ///   its latency falls with the square of the flops a clock: both the instruction's depth and its rate grow; from the
  ///   first matrix units, of 1024 flops a clock, on. Kernels
  ///   without matrix units wait for memory at each step instead, sum a split k in a second kernel, read operands more
  ///   than once, and turn the transposed weight of a single product on the way.
  /// - Where the device file knows what the address translations next to a multiprocessor reach, the rows of its tiles
  ///   must lie within: 384 at a time, those of both operands of two tiles of 64×128.
  /// - Where rows do not begin on 16 bytes, kernels without bulk copies run, which are as fast in clocks on every device:
  ///   these two constants are fitted, to rows of an H100.
  ///
  /// The others are round figures and were chosen with published rows in view; none is fitted to a device. ± 20 % on any
  /// of them moves the mean error of bf16 GEMMs by less than two points.
  static func generic(
    _ specification: DeviceSpecification, shape: RooflineShape, peak: Double, usesMatrixUnits: Bool
  ) -> GEMMParameters {
    let clock = specification.clock.value
    let launch = specification.launch.value
    let published =
      usesMatrixUnits ? specification.sustainedMatmulFraction : specification.sustainedVectorFraction
    let sustained = published?.value ?? shape.computeFraction
    let streamed = specification.sustainedMemoryFraction?.value ?? shape.bandwidthFraction
    let burst = max(usesMatrixUnits ? 0.93 : 0.98, sustained)
    let flopsPerClock = peak / (clock * specification.multiprocessors.value)
    let widthRatio = min(2048 / flopsPerClock, 2)
    var result = GEMMParameters(
      computeFraction: burst,
      throttling: burst / sustained - 1,
      throttlingSeconds: 0.8e-3,
      bandwidthFraction: usesMatrixUnits ? 0.92 * streamed : streamed,
      kneeSharpness: min(max(shape.kneeSharpness, 2.5), 5),
      launchSeconds: launch,
      fillSeconds: 2100 / clock,
      roundSeconds: 0,
      memoryLatencySeconds: (usesMatrixUnits ? 2500 : 1000) / clock,
      stepSeconds: (usesMatrixUnits ? 10 * widthRatio * widthRatio : 175) / clock,
      residentTiles: usesMatrixUnits ? 1 : 8,
      residencyExponent: usesMatrixUnits ? 0.5 : 0,
      waveQuantization: usesMatrixUnits ? 0.7 : 0.2,
      splitSeconds: max(3900 / clock, usesMatrixUnits ? 0 : 0.75 * launch),
      splitBandwidthFraction: 1.5,
      inputTraffic: usesMatrixUnits ? 0.9 : 1.6,
      outputTraffic: usesMatrixUnits ? 0.9 : 1.1,
      epilogueBandwidthFraction: usesMatrixUnits ? 1.2 : 10,
      halfIntensity: usesMatrixUnits ? 0 : 13,
      vectorStepSeconds: 5 / clock,
      vectorFillSeconds: 400 / clock)
    if !usesMatrixUnits { result.singleProductFactor = 1.08 }
    if usesMatrixUnits {
      result.unalignedLoss = max(0, burst * flopsPerClock / unalignedFlopsPerClock - 1)
      result.unalignedTraffic = 1.35
    }
    if let reach = specification.translationReach?.value {
      result.translationLoss = 1.67
      result.translationStrideBytes = reach / 384
    }
    return result
  }
}
