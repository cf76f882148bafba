internal import DataFiles

/// A time axis under a chart: one unit for all marks, lines through the chart.
struct TimeAxis {
  let scale: PlotScale
  /// The second that is marked 0.
  let origin: Double

  private static let units: [(seconds: Double, name: String)] = [
    (3600, "h"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"),
  ]

  func drawn(from top: Double, to bottom: Double) -> [Markup] {
    let span = scale.domain.upperBound - scale.domain.lowerBound
    let unit = Self.units.first { span >= 2 * $0.seconds } ?? (1e-9, "ns")
    let shown = PlotScale.linear(
      (scale.domain.lowerBound - origin) / unit.seconds...(scale.domain.upperBound - origin) / unit.seconds,
      pixels: (scale.pixels.first, scale.pixels.last))
    let ticks = shown.ticks()
    let decimals = ticks.allSatisfy { abs($0 - $0.rounded()) < 1e-6 } ? 0 : span / unit.seconds >= 2 ? 1 : 2
    var marks: [Markup] = []
    for tick in ticks {
      let x = shown(tick)
      marks.append(.line("grid", from: (x, top), to: (x, bottom)))
      marks.append(
        .label(FixedPoint.text(tick, decimals: decimals), x: x, y: bottom + 15, kind: "muted", anchor: "middle"))
    }
    marks.append(.line("axis", from: (scale.pixels.first, bottom), to: (scale.pixels.last, bottom)))
    marks.append(
      .label(
        "time in \(unit.name)", x: (scale.pixels.first + scale.pixels.last) / 2, y: bottom + 32, kind: "muted",
        anchor: "middle"))
    return marks
  }
}
