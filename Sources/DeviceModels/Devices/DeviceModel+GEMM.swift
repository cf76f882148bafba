internal import GEMMTiming

extension DeviceModel {
  /// The time of a GEMM at this model's detail: of its own kernel, or of what a library has instead where that is faster.
  ///
  /// A batch takes no longer than its products one by one, and an element type of the matrix units no longer than fp32
  /// without them, whose kernels read operands at least as large. Fits of different rows differ by more than that in what
  /// they say of a launch. Where rows of this device itself refined the type, they have the last word.
  func time(_ gemm: GEMMShape, _ dtype: DataType) throws(UnsupportedOperation) -> TimePrediction {
    var best = try kernel(gemm, dtype)
    guard let index = DataType.allCases.firstIndex(of: dtype), measured[index] == nil else { return best }
    // Among the rows that taught a type they say what it takes, and an fp32 of which none is known does not outdo them.
    let isTaught = detail >= .shipped && specification.gemmFit(for: dtype) != nil
    let hasFallback =
      specification.usesMatrixUnits(dtype) && specification.peaks[.fp32] != nil
      && (!isTaught || specification.gemmFit(for: .fp32) != nil)
      && !(gemms[index]?.isAligned(gemm) == true && remainders[index]?.spans(gemm) == true)
    let single = gemm.batch > 1 ? try? GEMMShape(m: gemm.m, k: gemm.k, n: gemm.n) : nil
    for type in hasFallback ? [dtype, .fp32] : [dtype] {
      if type != dtype {
        let other = try kernel(gemm, type)
        if other.seconds < best.seconds { best = other }
      }
      if let single {
        let other = try kernel(single, type, among: Double(gemm.batch)).repeated(gemm.batch)
        if other.seconds < best.seconds { best = other }
      }
    }
    return best
  }

  /// The time of the type's own kernel, of one of so many products.
  private func kernel(
    _ gemm: GEMMShape, _ dtype: DataType, among products: Double = 1
  ) throws(UnsupportedOperation) -> TimePrediction {
    let peak = try requiredPeak(dtype)
    if detail >= .tiles, let index = DataType.allCases.firstIndex(of: dtype), let tiled = gemms[index] {
      var (seconds, bound) = tiled.time(gemm, inTurn: weightsInTurn, among: products)
      let isAligned = tiled.isAligned(gemm)
      let limit = tiled.limit(gemm, inTurn: weightsInTurn, among: products)
      if isAligned, let remainder = remainders[index] {
        // It was learned from weights in turn; what comes from memory instead takes as much longer as without it.
        let benchmarked = tiled.knowsCache ? tiled.time(gemm).seconds : seconds
        seconds = max(limit, remainder.corrected(benchmarked, gemm) * seconds / benchmarked)
      }
      let spread = tiled.spread.range(bound, isAligned: isAligned)
      return TimePrediction(
        seconds: seconds, low: max(limit, seconds * spread.low), high: seconds * spread.high, bound: bound,
        source: source(gemm, dtype, index))
    }
    return roofline(compute: gemm.flops / peak, bytes: gemm.bytes(dtype))
  }

  /// Where the time of a type's own kernel is from.
  private func source(_ gemm: GEMMShape, _ dtype: DataType, _ index: Int) -> TimePrediction.Source {
    if let extents = measured[index] { return extents.contains(gemm) ? .interpolated : .extrapolated }
    guard detail >= .shipped, let fit = specification.gemmFit(for: dtype) else { return .specification }
    if fit.rowsOf == nil, let remainder = remainders[index], !remainder.spans(gemm) { return .extrapolated }
    return fit.rowsOf == nil ? .fitted : .sibling
  }

  /// A kernel without tiles, by its two limits: `compute` seconds at the peak, and its bytes.
  func roofline(compute: Double, bytes: Double) -> TimePrediction {
    let memory = bytes / specification.memoryBandwidth.value
    let limit = max(compute, memory)
    let bound: TimePrediction.Bound = compute > memory ? .compute : .memory
    guard detail > .roofline else {
      // How far above the limit real kernels lie is not in a specification: up to ten times, when they are small.
      return TimePrediction(seconds: limit, low: limit, high: 10 * limit, bound: bound, source: .specification)
    }
    let work = shape.combine(compute: compute / shape.computeFraction, memory: memory / shape.bandwidthFraction)
    let launch = specification.launch.value
    let seconds = launch + work
    return TimePrediction(
      seconds: seconds, low: max(limit, seconds / 1.5), high: seconds * 2, bound: launch > work ? .latency : bound,
      source: .scaled)
  }
}

extension TimePrediction {
  /// So many kernels one after the other.
  fileprivate func repeated(_ count: Int) -> TimePrediction {
    let count = Double(count)
    return TimePrediction(
      seconds: count * seconds, low: count * low, high: count * high, bound: bound, source: source)
  }
}

extension TiledGEMM {
  /// The model of one element type of a device; nil when its file gives no peak or no tiles for it.
  init?(
    _ specification: DeviceSpecification, dtype: DataType, shape: RooflineShape, detail: DeviceModel.Detail,
    common: CommonGEMMs
  ) {
    guard let peak = specification.peaks[dtype]?.value, let family = specification.tiles(for: dtype) else { return nil }
    let fit = detail >= .shipped ? specification.gemmFit(for: dtype) : nil
    let kernels = specification.kernels(for: dtype)
    let published =
      kernels == .vector ? specification.sustainedVectorFraction : specification.sustainedMatmulFraction
    let sustained = published?.value ?? shape.computeFraction
    let set = common.parameters(kernels)
    self.init(
      parameters: fit?.parameters
        ?? set.parameters(
          on: specification, kernels: kernels, peak: peak, sustained: sustained, elementSize: dtype.size),
      spread: fit?.spread ?? set.spread, family: family, multiprocessors: specification.multiprocessors.value,
      peak: peak, ceiling: peak * max(1, sustained), bandwidth: specification.memoryBandwidth.value,
      elementSize: Double(dtype.size), splitsBatches: kernels != .vector || specification.splitsBatchesEverywhere)
  }
}

extension DeviceSpecification {
  /// Whether GEMMs of an element type run on matrix units: all but fp32 that is not rounded to tf32 on the way.
  func usesMatrixUnits(_ dtype: DataType) -> Bool { dtype != .fp32 }

  /// Whether libraries split k of batched products too where there are no matrix units: those for Hopper do
  /// (calibration/devices/h100-sxm-80gb/gemms.csv, fp32), those for Pascal, Volta and Turing did not.
  var splitsBatchesEverywhere: Bool { ["hopper", "blackwell", "blackwell-rtx"].contains(family) }
}
