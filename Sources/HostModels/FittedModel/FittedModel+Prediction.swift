internal import Foundation
public import GEMMTiming

extension FittedModel {
  /// The time of one operation on the host.
  ///
  /// A GEMM comes from the fit, `batch` times over; a memory pass from the streaming rows; attention is its two GEMMs
  /// a head and the softmax between them, since the host has no fused kernel.
  ///
  /// - Throws: `UnsupportedOperation` for communication, for an element type that was not measured, for memory passes
  ///   when the table has no streaming rows, and for an answer that cannot be a time.
  public func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
    try answer(operation).checked(of: deviceName, for: operation)
  }

  private func answer(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
    switch operation {
    case .gemm(let shape, let dtype, _):
      try check(dtype)
      return gemm(shape)
    case .memory(let traffic): return try memory(traffic)
    case .attention(let shape, let dtype):
      try check(dtype)
      return try attention(shape, dtype)
    case .communication:
      throw UnsupportedOperation(
        device: deviceName, reason: "is one host without links to others; plan for one device, or name a device file")
    case .none: return .zero
    }
  }

  func check(_ dtype: DataType) throws(UnsupportedOperation) {
    guard dtype == group.dtype else {
      throw UnsupportedOperation(
        device: deviceName, reason: "was measured in \(group.dtype.rawValue), not in \(dtype.rawValue)")
    }
  }

  /// `batch` products one after the other, as a host computes them.
  func gemm(_ shape: GEMMShape) -> TimePrediction {
    let (m, k, n) = (Double(shape.m), Double(shape.k), Double(shape.n))
    let batch = Double(shape.batch)
    let outside = asymptote.range.octavesOutside(m: m, k: k, n: n)
    let parts = structure.parts(m: m, k: k, n: n)
    var seconds = rising(m: m, k: k, n: n, structural: parts.fixed + parts.compute + parts.memory)
    var factors = intervals.factors(m: m, k: k, n: n, range: asymptote.range)
    var source = outside > 0 ? TimePrediction.Source.extrapolated : .interpolated
    if let row = measuredRow(shape) {
      source = .measured
      (seconds, factors) = row.pooled(model: seconds, factors: factors)
    }
    let limit = 2 * m * k * n / ceilings.peakFlops
    seconds = max(seconds, limit)
    return TimePrediction(
      seconds: seconds * batch, low: seconds * max(factors.low, ceilingFactor * limit / seconds) * batch,
      high: seconds * factors.high * batch, bound: bound(parts), source: source)
  }

  /// What the fit says, but no less than what it says of a shape with one extent half as large, up to noise.
  ///
  /// A fall that lies within the smaller shape's interval is taken for the noise of the rows; one beyond it is what
  /// they show: a full register tile can be quicker than half of one.
  /// Halves that the structure has far quicker are not asked: no remainder turns that round. `structural` is what the
  /// structure says of the shape.
  func rising(m: Double, k: Double, n: Double, structural: Double? = nil) -> Double {
    func half(_ extent: Double) -> Double { max((extent / 2).rounded(.down), 1) }
    var seconds = modelled(m: m, k: k, n: n)
    let least = Self.nearlyAsLong * (structural ?? structure.seconds(m: m, k: k, n: n))
    for (m, k, n) in [(half(m), k, n), (m, half(k), n), (m, k, half(n))]
    where structure.seconds(m: m, k: k, n: n) > least {
      let smaller = modelled(m: m, k: k, n: n)
      if smaller > seconds, smaller * intervals.factors(m: m, k: k, n: n, range: asymptote.range).low <= seconds {
        seconds = smaller
      }
    }
    return seconds
  }

  private static let nearlyAsLong = 0.7

  private func modelled(m: Double, k: Double, n: Double) -> Double {
    asymptote.seconds(m: m, k: k, n: n) { m, k, n in
      structure.seconds(m: m, k: k, n: n) * exp(remainder?.mean(m: m, k: k, n: n) ?? 0)
    }
  }

  /// What most of the structural time goes to.
  func bound(_ parts: StructuralModel.Parts) -> TimePrediction.Bound {
    if parts.compute >= max(parts.memory, parts.fixed) { return .compute }
    return parts.memory >= parts.fixed ? .memory : .latency
  }

  private func measuredRow(_ shape: GEMMShape) -> FitRow? {
    guard let single = try? GEMMShape(m: shape.m, k: shape.k, n: shape.n) else { return nil }
    return rowIndex[single].map { rows[$0] }
  }

  /// Whether the fit has rows to tell an operation by.
  func tells(_ operation: GEMMTiming.Operation) -> Bool {
    guard case .memory(let traffic) = operation else { return true }
    return streaming != nil || passes.contains { $0.kind == traffic.kind }
  }

  private func memory(_ traffic: MemoryTraffic) throws(UnsupportedOperation) -> TimePrediction {
    if let pass = passes.first(where: { $0.kind == traffic.kind }) {
      let (seconds, factor) = (pass.seconds(traffic), exp(1.645 * pass.logDeviation))
      return TimePrediction(
        seconds: seconds, low: seconds / factor, high: seconds * factor, bound: .memory,
        source: pass.covers(traffic) ? .interpolated : .extrapolated)
    }
    guard let streaming else {
      throw UnsupportedOperation(
        device: deviceName, reason: "has no copy or axpy rows to tell its memory bandwidth; calibrate measures them")
    }
    let seconds = streaming.seconds(bytes: traffic.bytes)
    let factor = exp(1.645 * streaming.logDeviation)
    return TimePrediction(
      seconds: seconds, low: seconds / factor, high: seconds * factor,
      bound: traffic.bytes <= (streaming.bytes.first ?? 0) ? .latency : .memory,
      source: streaming.covers(bytes: traffic.bytes) ? .interpolated : .extrapolated)
  }

  /// softmax(Q·Kᵀ)·V head by head: the scores, a pass over them, the weighted sum.
  private func attention(
    _ shape: AttentionShape, _ dtype: DataType
  ) throws(UnsupportedOperation) -> TimePrediction {
    // A causal mask saves a host nothing: plain GEMMs compute every pair.
    let (queries, keys) = (shape.queryLength, shape.keyLength)
    let heads = shape.batch.multipliedReportingOverflow(by: shape.heads)
    let scores: GEMMShape
    let sums: GEMMShape
    do throws(ShapeError) {
      let batch = heads.overflow ? Int.max : heads.partialValue
      scores = try GEMMShape(m: queries, k: shape.headDimension, n: keys, batch: batch)
      sums = try GEMMShape(m: queries, k: keys, n: shape.valueDimension, batch: batch)
    } catch {
      throw UnsupportedOperation(device: deviceName, reason: "attention as two GEMMs: \(error)")
    }
    let bytes = Double(dtype.size) * Double(scores.batch) * Double(queries) * Double(keys)
    let parts = [
      gemm(scores),
      try memory(MemoryTraffic(.softmax, read: bytes, written: bytes, rows: Double(scores.batch) * Double(queries))),
      gemm(sums),
    ]
    let longest = parts.max { $0.seconds < $1.seconds } ?? parts[0]
    return TimePrediction(
      seconds: parts.reduce(0) { $0 + $1.seconds }, low: parts.reduce(0) { $0 + $1.low },
      high: parts.reduce(0) { $0 + $1.high }, bound: longest.bound,
      source: parts.contains { $0.source == .extrapolated } ? .extrapolated : .interpolated)
  }
}
