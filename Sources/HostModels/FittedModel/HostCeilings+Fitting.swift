internal import Foundation
internal import GEMMTiming
internal import ModelStatistics

extension HostCeilings {
  /// The limits that rows show: the fastest of each kind, and what the fit says is sustained.
  init(rows: [FitRow], structure: StructuralModel, streaming: StreamingCurve?) {
    let peak = rows.map { $0.shape.flops / $0.shortest }.max() ?? 0
    self.init(
      peakFlops: peak, sustainedFlops: min(structure.sustainedFlops, peak), peakBandwidth: streaming?.peakRate,
      sustainedBandwidth: streaming?.sustainedRate)
  }
}

extension RooflineShape {
  /// The shape of the roofline under the rows.
  ///
  /// The fractions are sustained over peak; without streaming rows the bandwidth's is 1, and `HostCeilings` has no
  /// bandwidth. The knee's sharpness is the one that fits the rows of more than 8 MB best, where operands stream from
  /// memory; 1, nothing overlapping, when there are fewer than eight.
  init(rows: [FitRow], ceilings: HostCeilings, structure: StructuralModel, dtype: DataType) {
    let bandwidthFraction = zip2(ceilings.sustainedBandwidth, ceilings.peakBandwidth).map { min($0 / $1, 1) } ?? 1
    self.init(
      computeFraction: min(ceilings.sustainedFlops / ceilings.peakFlops, 1), bandwidthFraction: bandwidthFraction,
      kneeSharpness: 1)
    let streamed = rows.filter { $0.shape.bytes(dtype) > 8e6 }
    guard let bandwidth = ceilings.sustainedBandwidth, streamed.count >= 8 else { return }
    let fixed = structure.large.coefficients.first ?? 0
    var least = Double.infinity
    var best = 1.0
    for step in 0...28 {
      kneeSharpness = 1 + Double(step) * 0.25
      let errors = streamed.map { row in
        let time =
          fixed
          + combine(
            compute: row.shape.flops / ceilings.sustainedFlops, memory: row.shape.bytes(dtype) / bandwidth)
        return abs(log(row.seconds / time))
      }
      let error = ErrorStatistics.quantile(errors.sorted(), 0.5)
      if error < least {
        least = error
        best = kneeSharpness
      }
    }
    kneeSharpness = best
  }
}

private func zip2(_ a: Double?, _ b: Double?) -> (Double, Double)? {
  guard let a, let b else { return nil }
  return (a, b)
}
