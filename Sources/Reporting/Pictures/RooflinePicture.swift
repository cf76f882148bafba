internal import DataFiles
internal import Foundation
internal import GEMMTiming

/// A roofline: arithmetic intensity against throughput, both by their logarithms, under the ceilings of a device.
struct RooflinePicture {
  /// Operations that stand at one point.
  struct Point {
    var names: [String]
    /// flop/byte.
    var intensity: Double
    /// flop/s: the median's, and those of the slow and of the fast end of the interval.
    var rate: Double
    var lowRate: Double
    var highRate: Double
    /// Whether it is drawn as a ring: the second of two series.
    var isRing: Bool
  }

  private let ceilings: DeviceCeilings
  private let points: [Point]
  private let width = 1000.0, left = 72.0, right = 300.0, top = 20.0, margin = 56.0, lineHeight = 31.0
  private let plotHeight: Double
  private let x: PlotScale
  private let y: PlotScale

  /// The points that can be drawn, those of the same place gathered; nil when none or no compute ceiling is left.
  init?(_ ceilings: DeviceCeilings, points: [Point]) {
    guard let peak = ceilings.compute.first?.rate, peak > 0, peak.isFinite else { return nil }
    let drawable = Self.gathered(
      points.filter { $0.intensity > 0 && $0.intensity.isFinite && $0.rate > 0 && $0.rate.isFinite })
    guard let lowest = drawable.map(\.rate).min(), let least = drawable.map(\.intensity).min(),
      let most = drawable.map(\.intensity).max()
    else { return nil }
    self.ceilings = ceilings
    self.points = drawable
    let ridge = ceilings.memory.first.map { peak / $0.rate } ?? least
    let bottom = min(lowest / 2, peak / 4)
    let highest = max(peak, drawable.map(\.highRate).filter(\.isFinite).max() ?? peak)
    plotHeight = max(420, Double(drawable.count + ceilings.compute.count) * lineHeight)
    x = .logarithmic(
      min(least, ridge) / 5...max(most, ridge) * 4, pixels: (left, width - right))
    y = .logarithmic(bottom...highest * 1.25, pixels: (top + plotHeight, top))
  }

  /// Points that would be drawn over each other become one with all their names.
  private static func gathered(_ points: [Point]) -> [Point] {
    var result: [Point] = []
    for point in points {
      if let same = result.firstIndex(where: {
        abs(log($0.intensity / point.intensity)) < 1e-6 && abs(log($0.rate / point.rate)) < 1e-6
      }) {
        for name in point.names where !result[same].names.contains(name) { result[same].names.append(name) }
      } else {
        result.append(point)
      }
    }
    return result
  }

  func drawn(title: String, caption: String) -> Picture {
    Picture(
      title: title, caption: caption, width: width, height: top + plotHeight + margin,
      body: grid + roofs + marks + labels)
  }

  private var grid: [Markup] {
    let (floor, end) = (top + plotHeight, width - right)
    var marks: [Markup] = []
    for tick in x.fineTicks { marks.append(.line("fine", from: (x(tick), top), to: (x(tick), floor))) }
    for tick in y.fineTicks { marks.append(.line("fine", from: (left, y(tick)), to: (end, y(tick)))) }
    for tick in x.ticks() {
      marks.append(.line("grid", from: (x(tick), top), to: (x(tick), floor)))
      let text = tick >= 1 ? FixedPoint.text(tick, decimals: 0) : Quantity.significant(tick, digits: 1)
      marks.append(.label(text, x: x(tick), y: floor + 17, kind: "muted", anchor: "middle"))
    }
    for tick in y.ticks() {
      marks.append(.line("grid", from: (left, y(tick)), to: (end, y(tick))))
      marks.append(.label(Self.short(tick), x: left - 8, y: y(tick) + 4, kind: "muted", anchor: "end"))
    }
    marks.append(.polyline("axis", [(left, top), (left, floor), (end, floor)]))
    marks.append(
      .label("arithmetic intensity in flop/byte", x: (left + end) / 2, y: floor + 40, kind: "muted", anchor: "middle"))
    marks.append(
      .label("FLOP/s", x: 14, y: top + plotHeight / 2, kind: "muted", anchor: "middle", rotated: -90))
    return marks
  }

  /// `100 T`: powers of ten with their prefix.
  private static func short(_ value: Double) -> String {
    let text = Quantity.throughput(value)
    guard let space = text.firstIndex(of: " ") else { return text }
    let prefix = text[text.index(after: space)...].dropLast("FLOP/s".count)
    return Quantity.significant(Double(text[..<space]) ?? 0, digits: 1) + (prefix.isEmpty ? "" : " \(prefix)")
  }

  private var roofs: [Markup] {
    let peak = ceilings.compute.first?.rate ?? 1
    let memory = ceilings.memory.first
    var marks: [Markup] = []
    for (index, ceiling) in ceilings.memory.enumerated() {
      let ridge = peak / ceiling.rate
      let start = max(x.domain.lowerBound, y.domain.lowerBound / ceiling.rate)
      if index > 0, start < ridge {
        marks.append(.polyline("under", [(x(start), y(start * ceiling.rate)), (x(ridge), y(peak))]))
      }
      // The label stands on its line, turned as the line is.
      let place = start * pow(ridge / start, index == 0 ? 0.35 : 0.6)
      let slope = atan2(y(place * 1.01 * ceiling.rate) - y(place * ceiling.rate), x(place * 1.01) - x(place))
      marks.append(
        .label(
          "\(ceiling.name) \(Quantity.bandwidth(ceiling.rate))", x: x(place) + 7 * sin(slope),
          y: y(place * ceiling.rate) - 7 * cos(slope),
          kind: "small", anchor: "middle", rotated: slope * 180 / .pi))
    }
    for ceiling in ceilings.compute.dropFirst() {
      let ridge = memory.map { ceiling.rate / $0.rate } ?? x.domain.lowerBound
      marks.append(.line("under", from: (x(ridge), y(ceiling.rate)), to: (width - right, y(ceiling.rate))))
    }
    var roof = [(x: width - right, y: y(peak))]
    if let memory {
      let start = max(x.domain.lowerBound, y.domain.lowerBound / memory.rate)
      roof = [(x(start), y(start * memory.rate)), (x(peak / memory.rate), y(peak))] + roof
    } else {
      roof.insert((left, y(peak)), at: 0)
    }
    return marks + [.polyline("roof", roof)]
  }

  private var marks: [Markup] {
    points.flatMap { point -> [Markup] in
      let (px, py) = (x(point.intensity), y(point.rate))
      let hint = "\(point.names.joined(separator: ", ")): \(Quantity.throughput(point.rate))"
      return [
        .line(point.isRing ? "bar-data" : "bar-product", from: (px, y(point.lowRate)), to: (px, y(point.highRate))),
        Self.dot(isRing: point.isRing, x: px, y: py, hint: hint),
      ]
    }
  }

  /// A text beside the plot, joined to its point or ceiling by a line.
  private struct Label {
    var name: String
    var figures: String
    var x: Double
    var y: Double
    /// Of its point; nil for a ceiling.
    var isRing: Bool?
  }

  /// Names and figures in a column beside the plot, the lines to them without crossings.
  private var labels: [Markup] {
    let (column, end) = (width - right + 40, width - right)
    let peak = ceilings.compute.first?.rate ?? 1
    var items = ceilings.compute.map {
      Label(name: $0.name, figures: Quantity.throughput($0.rate), x: end, y: y($0.rate))
    }
    items += points.map { point in
      Label(
        name: point.names.joined(separator: ", "),
        figures: "\(Quantity.throughput(point.rate)) · \(Quantity.percent(point.rate / peak)) of peak · "
          + "\(Quantity.significant(point.intensity, digits: 3)) flop/byte",
        x: x(point.intensity), y: y(point.rate), isRing: point.isRing)
    }
    items.sort { ($0.y, -$0.x) < ($1.y, -$1.x) }
    let places = Self.spread(items.map { $0.y - 10 }, height: lineHeight, within: top...top + plotHeight)
    let order = Self.uncrossed(
      items.map { ($0.x, $0.y) }, column: (x: column - 24, places: places.map { $0 + lineHeight / 2 - 4 }))
    var marks: [Markup] = []
    for (item, slot) in zip(items, order) {
      let place = places[slot]
      let middle = place + lineHeight / 2 - 4
      marks.append(
        .polyline(
          "leader", [(item.x < end ? item.x + 4.5 : end, item.y), (column - 24, middle), (column - 16, middle)]))
      if let isRing = item.isRing {
        marks.append(Self.dot(isRing: isRing, x: column - 8, y: middle))
      }
      marks.append(.label(item.name, x: column, y: place + 8, kind: "strong"))
      marks.append(.label(item.figures, x: column, y: place + 22, kind: "small"))
    }
    return marks
  }

  /// Which place each point's label takes so that no two of the straight lines to the column cross.
  ///
  /// Swapping the places of two lines that cross makes both together shorter, so there is an end to it.
  static func uncrossed(
    _ points: [(x: Double, y: Double)], column: (x: Double, places: [Double])
  ) -> [Int] {
    var order = Array(points.indices)
    var isDone = false
    while !isDone {
      isDone = true
      for first in order.indices {
        for second in order.indices.dropFirst(first + 1) {
          let (a, b) = (column.places[order[first]], column.places[order[second]])
          func length(_ point: Int, _ place: Double) -> Double {
            hypot(column.x - points[point].x, place - points[point].y)
          }
          if length(first, b) + length(second, a) < length(first, a) + length(second, b) - 1e-9 {
            order.swapAt(first, second)
            isDone = false
          }
        }
      }
    }
    return order
  }

  private static func dot(isRing: Bool, x: Double, y: Double, hint: String? = nil) -> Markup {
    .tag(
      "circle",
      [
        "class": isRing ? "ring-data" : "product", "cx": Picture.pixels(x), "cy": Picture.pixels(y), "r": "4.5",
      ], hint.map { [.tag("title", [:], $0)] } ?? [])
  }

  /// Places of labels near where they are wanted, in their order, each `height` from the next, within a range.
  static func spread(_ wanted: [Double], height: Double, within range: ClosedRange<Double>) -> [Double] {
    var places: [Double] = []
    for place in wanted { places.append(max(place, (places.last ?? range.lowerBound - height) + height)) }
    var limit = range.upperBound
    for index in places.indices.reversed() {
      limit -= height
      places[index] = min(places[index], max(limit, range.lowerBound + Double(index) * height))
    }
    return places
  }
}
