internal import Foundation

/// Maps a quantity to pixels along an axis, evenly or by its logarithm, with round numbers to mark.
struct PlotScale {
  let domain: ClosedRange<Double>
  /// The pixels of the domain's ends; the first may be the larger, as on a vertical axis.
  let pixels: (first: Double, last: Double)
  let isLogarithmic: Bool

  /// An even axis from 0; an empty domain is widened so that every value has a place.
  static func linear(to end: Double, pixels: (Double, Double)) -> PlotScale {
    PlotScale(
      domain: 0...(end > 0 && end.isFinite ? end : 1), pixels: (first: pixels.0, last: pixels.1), isLogarithmic: false)
  }

  /// An even axis between two values.
  static func linear(_ domain: ClosedRange<Double>, pixels: (Double, Double)) -> PlotScale {
    let end = domain.upperBound > domain.lowerBound ? domain.upperBound : domain.lowerBound + 1
    return PlotScale(
      domain: domain.lowerBound...end, pixels: (first: pixels.0, last: pixels.1), isLogarithmic: false)
  }

  /// A logarithmic axis; both ends must be above 0.
  static func logarithmic(_ domain: ClosedRange<Double>, pixels: (Double, Double)) -> PlotScale {
    let low = max(domain.lowerBound, .leastNormalMagnitude)
    return PlotScale(
      domain: low...max(domain.upperBound, low * 2), pixels: (first: pixels.0, last: pixels.1), isLogarithmic: true)
  }

  /// The place of a value; values outside the domain get the nearest end.
  func callAsFunction(_ value: Double) -> Double {
    let inside = min(max(value, domain.lowerBound), domain.upperBound)
    let fraction =
      isLogarithmic
      ? log(inside / domain.lowerBound) / log(domain.upperBound / domain.lowerBound)
      : (inside - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    return pixels.first + fraction * (pixels.last - pixels.first)
  }

  /// Round values to mark: on a logarithmic axis powers of ten, with 2 and 5 of each where that is less than three of
  /// them; on an even one about `count` steps of 1, 2 or 5.
  func ticks(count: Int = 8) -> [Double] {
    if isLogarithmic {
      let decades = log10(domain.upperBound / domain.lowerBound)
      let first = Int(log10(domain.lowerBound).rounded(.down)), last = Int(log10(domain.upperBound).rounded(.down))
      return (first...max(first, last)).flatMap { power in
        (decades < 3 ? [1.0, 2, 5] : [1.0]).map { $0 * pow(10, Double(power)) }
      }.filter(domain.contains)
    }
    let rough = (domain.upperBound - domain.lowerBound) / Double(max(count, 1))
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999_999 } ?? rough
    let first = Int((domain.lowerBound / step - 1e-9).rounded(.up))
    let last = Int((domain.upperBound / step + 1e-9).rounded(.down))
    return first <= last ? (first...last).map { Double($0) * step } : []
  }

  /// The values 2…9 of each power of ten within the domain.
  var fineTicks: [Double] {
    guard isLogarithmic else { return [] }
    let first = Int(log10(domain.lowerBound).rounded(.down)), last = Int(log10(domain.upperBound).rounded(.down))
    return (first...max(first, last)).flatMap { power in (2...9).map { Double($0) * pow(10, Double(power)) } }
      .filter(domain.contains)
  }
}
