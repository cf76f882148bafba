internal import Foundation
internal import GEMMTiming

/// The time of a GEMM by tiles and waves: the best of a device's tiles and of splitting k.
///
/// A tile of a×b elements on one of N multiprocessors takes per element of k
///
///     w = 2·a·b·(1 + (h/i)²)·N/(f·r·P)       i = a·b/(a+b), r the tile's own rate
///
/// times ℓ = 1 + υ/a for rows that begin on boundaries of a elements, fewer than 16 bytes (so does a step, and operands
/// take 1 + μ/a times as long from memory), times 1 + λ·u²/(1+u²) for rows that lie u translation strides apart (k·e bytes),
/// and times the factor of a product that is alone. A single product takes at most what two take,
///
/// and T tiles (over all batches, times the split s) take W = max(1, (1−σ)·T/N + σ·⌈T/N⌉) turns on the fullest one.
/// With R = max(1, W/residents) rounds, the multiprocessors are busy for
///
///     c = ⌈k/(s·d)⌉·d · √((W·w)² + (R·step)²) + fill + (R−1)·round + W·a·b·e·N/(φ·B)
///
/// (e bytes an element, d the depth of a main-loop step), longer by the throttling θ/ℓ·c/(c+c₀): units that wait do not heat. Memory is busy for
/// m = (k·n + α·m·k + γ·m·n)·e·batch/(β·B) + latency. The kernel takes launch + (cᵖ + mᵖ)^(1/p) + split.
///
/// Where the cache is modelled, the share 1/(1 + (d/D)⁶) of an operand is still in it, d bytes after its last use: those of
/// A, B and two C for A and C, and six B in place of one for B, as benchmarks take six weights in turn. It comes at the
/// cache's rate instead, and so does what the limit of the specification counts.
///
/// Every term grows with m, k, n and batch, and so does the smallest over tiles and splits: the time never falls when
/// an extent grows by a tile, which leaves rows as aligned as they were. Complexity: O(tiles × splits), no allocation but
/// at initialisation.
struct TiledGEMM: Sendable {
  private struct Tile {
    let m: Double
    let n: Double
    /// Seconds of one element of k when the multiprocessor works on this tile alone.
    let workSeconds: Double
    let residents: Double
    let epilogueSeconds: Double
  }

  /// The weights that benchmarks use in turn, so that small ones do not stay next to the units: AIConfigurator's number.
  static let benchmarkedWeights = 6.0
  /// How often k is split over multiprocessors.
  private static let splits: [Double] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]

  let parameters: GEMMParameters
  let spread: GEMMSpread
  private let family: TileFamily
  private let tiles: [Tile]
  private let depth: Double
  private let multiprocessors: Double
  private let elementSize: Double
  private let bandwidth: Double
  private let peak: Double
  /// Flop/s that no kernel exceeds.
  private let ceiling: Double
  /// Whether k may be split when there are several products.
  private let splitsBatches: Bool

  /// A model of a device with `multiprocessors`, `peak` flop/s and `bandwidth` byte/s, for elements of `elementSize` bytes.
  ///
  /// No kernel exceeds `ceiling` flop/s, which is above the peak where cards run faster than their specification's clock.
  init(
    parameters: GEMMParameters, spread: GEMMSpread, family: TileFamily, multiprocessors: Double, peak: Double,
    ceiling: Double, bandwidth: Double, elementSize: Double, splitsBatches: Bool
  ) {
    self.splitsBatches = splitsBatches
    self.ceiling = ceiling
    self.spread = spread
    self.parameters = parameters
    self.family = family
    self.peak = peak
    self.multiprocessors = multiprocessors
    self.elementSize = elementSize
    self.bandwidth = bandwidth
    depth = Double(family.depth)
    let rates = parameters.tileRates
    tiles = family.shapes.enumerated().map { index, shape in
      let (m, n) = (Double(shape.m), Double(shape.n))
      let ratio = parameters.halfIntensity * (m + n) / (m * n)
      let rate = parameters.computeFraction * peak * (index < rates.count ? rates[index] : 1)
      return Tile(
        m: m, n: n,
        workSeconds: 2 * m * n * (1 + ratio * ratio) * multiprocessors / rate,
        residents: min(
          max(parameters.residentTiles * pow(128 * 128 / (m * n), parameters.residencyExponent), 1), 8),
        epilogueSeconds: m * n * elementSize * multiprocessors / (parameters.epilogueBandwidthFraction * bandwidth))
    }
  }

  /// The same device and tiles with other parameters.
  func with(parameters: GEMMParameters, spread: GEMMSpread) -> TiledGEMM {
    TiledGEMM(
      parameters: parameters, spread: spread, family: family, multiprocessors: multiprocessors, peak: peak,
      ceiling: ceiling, bandwidth: bandwidth, elementSize: elementSize, splitsBatches: splitsBatches)
  }

  /// Whether times depend on how many weights are used in turn.
  var knowsCache: Bool { parameters.cacheBandwidthFraction > 0 }

  /// Seconds of a GEMM, and what they are made of for the most part, where so many weights of its size are used in turn,
  /// each with so many other `products` of its size.
  func time(
    _ gemm: GEMMShape, inTurn weights: Double = benchmarkedWeights, among products: Double = 1
  ) -> (seconds: Double, bound: TimePrediction.Bound) {
    let (m, k, n, batch) = (Double(gemm.m), Double(gemm.k), Double(gemm.n), Double(gemm.batch))
    let x = parameters
    let misalignment = misalignment(gemm)
    let read = streaming(m, k, n, batch, weights, products)
    // Of one shape many kernels are asked, and how many tiles it has is the same for all.
    let best = withUnsafeTemporaryAllocation(of: Double.self, capacity: tiles.count) { counts in
      count(m, n, in: counts)
      let counts = UnsafeBufferPointer(counts)
      let factor = gemm.batch == 1 ? x.singleProductFactor : 1
      let one = kernel(m, k, n, batch, counts, read, misalignment, factor: factor)
      guard gemm.batch == 1, x.singleProductFactor > 1 else { return one }
      let read = streaming(m, k, n, 2, weights, products)
      if least(m, k, n, 2, counts, read, misalignment) >= one { return one }
      return min(one, kernel(m, k, n, 2, counts, read, misalignment, factor: 1))
    }
    let seconds = max(x.launchSeconds + best, limit(gemm, inTurn: weights, among: products))
    let compute = gemm.flops / (x.computeFraction * peak)
    let memory = (1 + x.unalignedTraffic * misalignment) * read
    let bound: TimePrediction.Bound =
      max(compute, memory) < seconds / 2 ? .latency : compute > memory ? .compute : .memory
    return (seconds, bound)
  }

  /// Seconds that ``time(_:inTurn:among:)`` does not fall below, in O(tiles).
  func floor(_ gemm: GEMMShape, inTurn weights: Double, among products: Double) -> Double {
    let (m, k, n, batch) = (Double(gemm.m), Double(gemm.k), Double(gemm.n), Double(gemm.batch))
    let read = streaming(m, k, n, batch, weights, products)
    let misalignment = misalignment(gemm)
    let kernel = withUnsafeTemporaryAllocation(of: Double.self, capacity: tiles.count) { counts in
      count(m, n, in: counts)
      return least(m, k, n, batch, UnsafeBufferPointer(counts), read, misalignment)
    }
    return max(parameters.launchSeconds + kernel, limit(gemm, inTurn: weights, among: products))
  }

  /// Seconds that no kernel of the specification's device can fall below: its flops, and the bytes that no cache held.
  func limit(
    _ gemm: GEMMShape, inTurn weights: Double = benchmarkedWeights, among products: Double = 1
  ) -> Double {
    let (m, k, n, batch) = (Double(gemm.m), Double(gemm.k), Double(gemm.n), Double(gemm.batch))
    let (activations, weights) = resident(m, k, n, batch, weights, products)
    let bytes = elementSize * batch * ((1 - weights) * k * n + (1 - activations) * (m * k + m * n))
    return max(gemm.flops / ceiling, bytes / bandwidth)
  }

  /// Whether rows of all operands begin on 16 bytes, or it makes no difference.
  func isAligned(_ gemm: GEMMShape) -> Bool {
    parameters.unalignedLoss + parameters.unalignedTraffic == 0 || misalignment(gemm) == 0
  }

  /// The same parameters' time without tiles or waves, of aligned rows.
  var smoothRoofline: SmoothRoofline {
    SmoothRoofline(parameters: parameters, peak: peak, bandwidth: bandwidth, elementSize: elementSize)
  }

  /// Seconds that operands take from memory, or from the cache where they stayed in it.
  private func streaming(
    _ m: Double, _ k: Double, _ n: Double, _ batch: Double, _ inTurn: Double, _ products: Double
  ) -> Double {
    let x = parameters
    let memory = x.bandwidthFraction * bandwidth
    let moved = k * n + x.inputTraffic * m * k + x.outputTraffic * m * n
    guard x.cacheBandwidthFraction > 0 else { return elementSize * batch * moved / memory }
    let (activations, weights) = resident(m, k, n, batch, inTurn, products)
    let missed = (1 - weights) * k * n + (1 - activations) * (moved - k * n)
    let hit = moved - missed
    return elementSize * batch * (missed / memory + hit / max(x.cacheBandwidthFraction * bandwidth, memory))
  }

  /// The shares of A and C, and of B, that the last-level cache still holds.
  private func resident(
    _ m: Double, _ k: Double, _ n: Double, _ batch: Double, _ inTurn: Double, _ products: Double
  ) -> (activations: Double, weights: Double) {
    guard parameters.cacheBandwidthFraction > 0 else { return (0, 0) }
    func share(_ weights: Double) -> Double {
      let ratio =
        elementSize * batch * products * (weights * k * n + m * k + 2 * m * n) / parameters.cacheBytes
      let cube = ratio * ratio * ratio
      return 1 / (1 + cube * cube)
    }
    return (share(1), share(inTurn))
  }

  /// 0 where rows of all operands begin on boundaries of 16 bytes, else 1/a for those of a elements: rows of A have k,
  /// rows of C n elements, and rows of B either.
  private func misalignment(_ gemm: GEMMShape) -> Double {
    // Sizes are powers of two: the largest that divides both is where either has its lowest bit.
    let elements = Double(1 << (gemm.k | gemm.n).trailingZeroBitCount)
    return elements >= 16 / elementSize ? 0 : 1 / elements
  }

  /// Seconds of the best kernel without its launch, whose product has so many tiles of each kind and whose operands take
  /// `read` seconds; its main loop takes `factor` times as long as that of a batch.
  ///
  /// What cannot be the best by its lower bound is not worked out: the answer is that of all tiles and splits.
  private func kernel(
    _ m: Double, _ k: Double, _ n: Double, _ batch: Double, _ counts: UnsafeBufferPointer<Double>, _ read: Double,
    _ misalignment: Double, factor: Double
  ) -> Double {
    let x = parameters
    let memory = memory(read, misalignment)
    let loading = 1 + x.unalignedLoss * misalignment
    let drag = drag(k, loading, factor: factor)
    var best = Double.infinity
    for split in Self.splits {
      let splitting =
        split > 1
        ? x.splitSeconds + 4 * m * n * batch * (split + 1) / (x.splitBandwidthFraction * bandwidth) : 0
      if splitting + memory >= best { break }  // more splits cost more
      let steps = (k / (split * depth)).rounded(.up) * depth
      let compute = throttled(busy(counts, batch * split, steps, drag, loading), loading)
      if max(compute, memory) + splitting < best { best = min(best, combine(compute, memory) + splitting) }
      if steps <= depth { break }  // there is nothing left to split
      if batch > 1, !splitsBatches { break }
    }
    if m == 1 || n == 1 {
      best = min(best, combine(x.vectorFillSeconds + x.vectorStepSeconds * k, memory))
    }
    return best
  }

  /// How many tiles of each kind a product has.
  private func count(_ m: Double, _ n: Double, in counts: UnsafeMutableBufferPointer<Double>) {
    for (index, tile) in tiles.enumerated() {
      counts.initializeElement(at: index, to: (m / tile.m).rounded(.up) * (n / tile.n).rounded(.up))
    }
  }

  /// Seconds that memory is busy for operands that take `read` seconds.
  private func memory(_ read: Double, _ misalignment: Double) -> Double {
    (1 + parameters.unalignedTraffic * misalignment) * read + parameters.memoryLatencySeconds
  }

  /// How much longer the main loop takes than in the middle of a batch of aligned products.
  private func drag(_ k: Double, _ loading: Double, factor: Double) -> Double {
    let stride = k * elementSize / parameters.translationStrideBytes
    let loss = parameters.translationLoss
    return factor * loading * (loss > 0 ? 1 + loss * stride * stride / (1 + stride * stride) : 1)
  }

  /// What ``kernel(_:_:_:_:_:_:_:factor:)`` does not fall below: the work shared evenly, or the bytes.
  private func least(
    _ m: Double, _ k: Double, _ n: Double, _ batch: Double, _ counts: UnsafeBufferPointer<Double>, _ read: Double,
    _ misalignment: Double
  ) -> Double {
    let memory = (1 - Self.rounding) * memory(read, misalignment)
    if m == 1 || n == 1 { return memory }
    let loading = 1 + parameters.unalignedLoss * misalignment
    return max(memory, throttled(leastBusy(counts, batch, k, drag(k, loading, factor: 1)), loading))
  }

  /// Seconds for which multiprocessors are busy at least, however k is split: with the work shared evenly.
  private func leastBusy(
    _ counts: UnsafeBufferPointer<Double>, _ batch: Double, _ k: Double, _ drag: Double
  ) -> Double {
    var best = Double.infinity
    for (tile, count) in zip(tiles, counts) {
      best = min(best, count * (k * drag * tile.workSeconds + tile.epilogueSeconds))
    }
    return (1 - Self.rounding) * (best * batch / multiprocessors + parameters.fillSeconds)
  }

  /// Lower bounds are a little less than worked out, so that rounding rules nothing out.
  private static let rounding = 1e-12

  /// Seconds for which the fullest multiprocessor is busy, with the best tile; the work of a step takes `drag` times as
  /// long as in the middle of a batch, and its latency `loading` times.
  private func busy(
    _ counts: UnsafeBufferPointer<Double>, _ copies: Double, _ steps: Double, _ drag: Double, _ loading: Double
  ) -> Double {
    let x = parameters
    var best = Double.infinity
    for (tile, count) in zip(tiles, counts) {
      let load = count * copies / multiprocessors
      let least = max(1, load)
      if steps * (least * tile.workSeconds * drag) + least * tile.epilogueSeconds >= best { continue }
      let turns = max(1, load + x.waveQuantization * (load.rounded(.up) - load))
      let rounds = max(1, turns / tile.residents)
      let (work, latency) = (turns * tile.workSeconds * drag, rounds * x.stepSeconds * loading)
      let seconds =
        steps * (work * work + latency * latency).squareRoot() + (rounds - 1) * x.roundSeconds
        + turns * tile.epilogueSeconds
      best = min(best, seconds)
    }
    return best + x.fillSeconds
  }

  /// With main loops that take `loading` times as long, the units draw so much less power.
  private func throttled(_ busy: Double, _ loading: Double) -> Double {
    busy * (1 + parameters.throttling / loading * busy / (busy + parameters.throttlingSeconds))
  }

  private func combine(_ compute: Double, _ memory: Double) -> Double {
    Knee.joined(compute, memory, sharpness: parameters.kneeSharpness)
  }
}
