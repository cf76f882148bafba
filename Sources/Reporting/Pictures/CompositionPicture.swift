internal import TaskGraphs
internal import TransformerModels

/// What the critical path and the schedule's chain are made of: stacked bars by kind, and a bar an operation.
struct CompositionPicture {
  /// A chain of nodes with what it is called.
  private struct Chain {
    var title: String
    var seconds: [(kind: ActivityKind, seconds: Double)]
    var total: Double { seconds.reduce(0) { $0 + $1.seconds } }
  }

  /// The most operations that get a bar of their own.
  static let maximumBars = 14

  private let chains: [Chain]
  private let bars: [(name: String, kind: ActivityKind, count: Int, seconds: Double)]
  private let left = 190.0, width = 1000.0, barEnd = 760.0

  init(_ estimate: StepEstimate) {
    let path = Self.parts(estimate.criticalPath.tasks, in: estimate.pass)
    let chain = Self.parts(estimate.schedule.chain, in: estimate.step)
    chains = [
      Chain(title: "critical path", seconds: Self.byKind(path)),
      Chain(title: "schedule's chain", seconds: Self.byKind(chain)),
    ]
    let sorted = path.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
    bars = Array(sorted.prefix(Self.maximumBars)) + Self.rest(sorted.dropFirst(Self.maximumBars))
  }

  private typealias Part = (name: String, kind: ActivityKind, count: Int, seconds: Double)

  private static func rest(_ parts: ArraySlice<Part>) -> [Part] {
    guard !parts.isEmpty else { return [] }
    return [
      (
        "\(parts.count) others", .mixed, parts.reduce(0) { $0 + $1.count }, parts.reduce(0) { $0 + $1.seconds }
      )
    ]
  }

  private static func parts(_ nodes: [Int], in graph: StepGraph) -> [Part] {
    var parts: [Part] = []
    var index: [String: Int] = [:]
    for node in nodes where graph.graph.durations[node] > 0 {
      let operation = graph.operation(of: node)
      if let known = index[operation.name] {
        parts[known].count += 1
        parts[known].seconds += graph.graph.durations[node]
      } else {
        index[operation.name] = parts.count
        parts.append((operation.name, ActivityKind(operation), 1, graph.graph.durations[node]))
      }
    }
    return parts
  }

  private static func byKind(_ parts: [Part]) -> [(kind: ActivityKind, seconds: Double)] {
    ActivityKind.allCases.compactMap { kind in
      let seconds = parts.filter { $0.kind == kind }.reduce(0) { $0 + $1.seconds }
      return seconds > 0 ? (kind, seconds) : nil
    }
  }

  func drawn() -> Picture {
    let legend = legend
    var body = legend.marks
    var y = legend.height + 4
    for chain in chains where chain.total > 0 {
      body.append(.label(chain.title, x: left - 10, y: y + 18, kind: "strong", anchor: "end"))
      body += stacked(chain, y: y)
      body.append(.label(Quantity.time(chain.total), x: barEnd + 10, y: y + 18))
      y += 36
    }
    y += 22
    body.append(.label("Operations of the critical path", x: left, y: y, kind: "strong"))
    y += 10
    let longest = bars.map(\.seconds).max() ?? 1
    let total = bars.reduce(0) { $0 + $1.seconds }
    for bar in bars {
      let length = longest > 0 ? (barEnd - left) * bar.seconds / longest : 0
      body.append(.label(bar.name, x: left - 10, y: y + 14, anchor: "end"))
      body.append(.box(bar.kind.rawValue, x: left, y: y, width: max(length, 0.6), height: 18))
      let each =
        bar.count > 1 && bar.kind != .mixed ? " (\(bar.count) × \(Quantity.time(bar.seconds / Double(bar.count))))" : ""
      body.append(
        .label(
          "\(Quantity.percent(total > 0 ? bar.seconds / total : 0)) · \(Quantity.time(bar.seconds))\(each)",
          x: left + length + 8, y: y + 14, kind: "small"))
      y += 23
    }
    return Picture(
      title: "What the time is made of",
      caption: "The critical path holds one micro-batch; the schedule's chain is what determines the makespan of all. "
        + "Each stacked bar is drawn to its own whole.",
      width: width, height: y + 10, body: body)
  }

  private func stacked(_ chain: Chain, y: Double) -> [Markup] {
    var x = left
    var marks: [Markup] = []
    for part in chain.seconds {
      let share = part.seconds / chain.total
      let width = (barEnd - left) * share
      let text = Quantity.percent(share)
      marks.append(
        .box(
          part.kind.rawValue, x: x, y: y, width: width, height: 26,
          hint: "\(part.kind.title): \(Quantity.time(part.seconds)), \(text)"))
      if Picture.textWidth(text) + 6 <= width {
        marks.append(.label(text, x: x + width / 2, y: y + 17, kind: "on-\(part.kind.rawValue)", anchor: "middle"))
      }
      x += width
    }
    return marks
  }

  private var legend: Legend {
    let kinds = ActivityKind.allCases.filter { kind in
      kind != .mixed && chains.contains { $0.seconds.contains { $0.kind == kind } }
    }
    return Legend(kinds.map { ($0, $0.title) }, from: left, to: width)
  }
}
