internal import Foundation
internal import GEMMTiming

/// What GEMM kernels of one kind have in common on all devices, in clocks and fractions: the forecast for a device of which
/// no row was measured.
///
/// `gemmcast fit --common` fits it to rows of several devices; `calibration/devices/common/gemms.json` is what it wrote.
struct CommonGEMMParameters: Hashable, Sendable {
  /// How kernels load their operands, which decides what a clock of them does.
  enum Kernels: String, Hashable, Sendable, CaseIterable {
    /// Matrix units fed by bulk copies, which no thread waits for: Hopper and after it in data centres.
    case bulkCopies = "bulk copies"
    /// Matrix units fed from registers.
    case registers
    /// No matrix units.
    case vector
  }

  /// What long kernels reach of what the device is known to sustain.
  var sustainedShare: Double
  /// The share of what the power limit takes from long kernels that short ones still have: 1 is the peak.
  var headroom: Double
  /// The kernel time at which half of that is lost.
  var throttlingSeconds: Double
  /// Fraction of the memory bandwidth.
  var bandwidthFraction: Double
  /// The exponent of the knee between compute and memory.
  var kneeSharpness: Double
  /// The launch of a kernel, over the device file's.
  var launchShare: Double
  /// Clocks until memory delivers at full rate.
  var memoryLatencyClocks: Double
  /// Clocks of one element of k on a multiprocessor of 2048 flops a clock.
  var stepClocks: Double
  /// The power of 2048/(flops a clock), held to 2, with which those clocks grow.
  var widthExponent: Double
  /// Tiles of 128×128 that a multiprocessor holds at once.
  var residentTiles: Double
  /// How much of a wave's unfilled rest is lost.
  var waveQuantization: Double
  /// Clocks of splitting k.
  var splitClocks: Double
  /// Rate of storing finished tiles, over the memory bandwidth.
  var epilogueBandwidthFraction: Double
  /// Tile intensity in elements below which a tile's rate falls off; at least 0.01.
  var halfIntensity: Double
  /// Bytes a clock that the last-level cache delivers to each multiprocessor.
  var cacheBytesPerClock: Double
  /// The share of a last-level cache in one piece that operands fill before they push each other out.
  var cacheShare: Double
  /// Where 90 % of rows lie of devices that the fit has not seen.
  var spread: GEMMSpread
  /// The rows that taught it.
  var source: String

  /// The parameters on a device of which no row is known.
  ///
  /// The constants here matter little or are of one kind of device alone: ± 20 % on any of them moves mean errors by less
  /// than two points.
  func parameters(
    on device: DeviceSpecification, kernels: Kernels, peak: Double, sustained: Double, elementSize: Int
  ) -> GEMMParameters {
    let clock = device.clock.value
    let multiprocessors = device.multiprocessors.value
    let flopsPerClock = peak / (clock * multiprocessors)
    let throttling = headroom * max(0, 1 / sustained - 1)
    let burst = min(sustainedShare * sustained * (1 + throttling), GEMMParameters.maximumComputeFraction)
    let usesMatrixUnits = kernels != .vector
    var result = GEMMParameters(
      computeFraction: burst, throttling: throttling, throttlingSeconds: throttlingSeconds,
      bandwidthFraction: min(1, bandwidthFraction), kneeSharpness: max(1, kneeSharpness),
      launchSeconds: launchShare * device.launch.value, fillSeconds: 2100 / clock, roundSeconds: 0,
      memoryLatencySeconds: memoryLatencyClocks / clock,
      stepSeconds: stepClocks * (usesMatrixUnits ? pow(min(2048 / flopsPerClock, 2), widthExponent) : 1) / clock,
      residentTiles: residentTiles, residencyExponent: usesMatrixUnits ? 0.5 : 0,
      waveQuantization: min(1, waveQuantization),
      splitSeconds: max(splitClocks / clock, usesMatrixUnits ? 0 : 0.75 * device.launch.value),
      splitBandwidthFraction: 1.5, inputTraffic: usesMatrixUnits ? 0.9 : 1.6,
      outputTraffic: usesMatrixUnits ? 0.9 : 1.1,
      epilogueBandwidthFraction: epilogueBandwidthFraction, halfIntensity: halfIntensity,
      vectorStepSeconds: 5 / clock, vectorFillSeconds: 400 / clock)
    if usesMatrixUnits {
      // Libraries take elements of one byte on boundaries of 16 alone.
      if elementSize > 1 {
        result.unalignedLoss = max(0, burst * flopsPerClock / Self.unalignedFlopsPerClock - 1)
        result.unalignedTraffic = 1.35
      }
      result.cacheBandwidthFraction = cacheBytesPerClock * multiprocessors * clock / device.memoryBandwidth.value
      let isDivided = (device.cachePartitions?.value ?? 1) > 1
      result.cacheBytes = cacheShare * (isDivided ? Self.dividedCacheShare : 1) * device.cacheCapacity.value
    } else {
      result.singleProductFactor = 1.08
    }
    if let reach = device.translationReach?.value {
      result.translationLoss = 1.67
      result.translationStrideBytes = reach / 384
    }
    return result
  }

  /// What of a cache in two partitions holds lines that are not in the other too: assumed.
  private static let dividedCacheShare = 0.7
  /// What matrix units do in a clock when rows begin on boundaries of one element alone, and operands are loaded without
  /// bulk copies: fitted to 833 bf16 rows of calibration/devices/h100-sxm-80gb/gemms.csv, whose main loop takes 7 times
  /// as long there; assumed to be the same on others.
  private static let unalignedFlopsPerClock = 520.0
}

extension DeviceSpecification {
  /// The kernels that serve an element type.
  func kernels(for dtype: DataType) -> CommonGEMMParameters.Kernels {
    guard usesMatrixUnits(dtype) else { return .vector }
    return ["hopper", "blackwell"].contains(family) ? .bulkCopies : .registers
  }
}
