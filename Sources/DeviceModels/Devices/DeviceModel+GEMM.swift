internal import GEMMTiming

extension DeviceModel {
  /// The time of a GEMM at this model's detail: of its own kernel, or of what a library has instead where that is faster.
  ///
  /// A batch takes no longer than its products one by one, and an element type of the matrix units no longer than fp32
  /// without them, whose kernels read operands at least as large. Fits of different rows differ by more than that in what
  /// they say of a launch. Where rows of this device itself refined the type, they have the last word.
  func time(_ gemm: GEMMShape, _ dtype: DataType) throws(UnsupportedOperation) -> TimePrediction {
    let index = try place(of: dtype)
    var best = try kernel(gemm, dtype, index)
    guard measured[index] == nil else { return best }
    let hasFallback =
      knowledge[index].hasFallback
      && !(gemms[index]?.isAligned(gemm) == true && remainders[index]?.spans(gemm) == true)
    let single = gemm.batch > 1 ? try? GEMMShape(m: gemm.m, k: gemm.k, n: gemm.n) : nil
    if let single {
      let other = try kernel(single, dtype, index, among: Double(gemm.batch)).repeated(gemm.batch)
      if other.seconds < best.seconds { best = other }
    }
    guard hasFallback, canTakeLess(gemm, than: best.seconds) else { return best }
    let other = try kernel(gemm, .fp32, TypeKnowledge.fp32)
    if other.seconds < best.seconds { best = other }
    if let single {
      let other = try kernel(single, .fp32, TypeKnowledge.fp32, among: Double(gemm.batch)).repeated(gemm.batch)
      if other.seconds < best.seconds { best = other }
    }
    return best
  }

  /// Whether fp32's kernels could take less than so many seconds: only of a product that is alone a bound tells.
  private func canTakeLess(_ gemm: GEMMShape, than seconds: Double) -> Bool {
    let index = TypeKnowledge.fp32
    guard gemm.batch == 1, remainders[index] == nil, let tiled = gemms[index] else { return true }
    return tiled.floor(gemm, inTurn: weightsInTurn, among: 1) < seconds
  }

  /// The place of an element type in the model's lists, for types that the device has a peak of.
  private func place(of dtype: DataType) throws(UnsupportedOperation) -> Int {
    guard let index = TypeKnowledge.place(of: dtype), knowledge[index].peak != nil else { throw lackOfUnit(dtype) }
    return index
  }

  /// The time of the type's own kernel, of one of so many products.
  private func kernel(
    _ gemm: GEMMShape, _ dtype: DataType, _ index: Int, among products: Double = 1
  ) throws(UnsupportedOperation) -> TimePrediction {
    guard detail >= .tiles, let tiled = gemms[index] else {
      return roofline(compute: gemm.flops / (try requiredPeak(dtype)), bytes: gemm.bytes(dtype))
    }
    var (seconds, bound) = tiled.time(gemm, inTurn: weightsInTurn, among: products)
    let isAligned = tiled.isAligned(gemm)
    let limit = tiled.limit(gemm, inTurn: weightsInTurn, among: products)
    if isAligned, let remainder = remainders[index] {
      // It was learned from weights in turn; what comes from memory instead takes as much longer as without it.
      let isBenchmarked = weightsInTurn == TiledGEMM.benchmarkedWeights && products == 1
      let benchmarked = tiled.knowsCache && !isBenchmarked ? tiled.time(gemm).seconds : seconds
      seconds = max(limit, remainder.corrected(benchmarked, gemm) * seconds / benchmarked)
    }
    let spread = tiled.spread.range(bound, isAligned: isAligned)
    return TimePrediction(
      seconds: seconds, low: max(limit, seconds * spread.low), high: seconds * spread.high, bound: bound,
      source: source(gemm, index))
  }

  /// Where the time of a type's own kernel is from.
  private func source(_ gemm: GEMMShape, _ index: Int) -> TimePrediction.Source {
    if let extents = measured[index] { return extents.contains(gemm) ? .interpolated : .extrapolated }
    let known = knowledge[index]
    guard known.isTaught else { return .specification }
    if known.isSibling { return .sibling }
    if let remainder = remainders[index], !remainder.spans(gemm) { return .extrapolated }
    return .fitted
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
