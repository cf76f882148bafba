internal import TaskGraphs
internal import TransformerModels

/// What the critical path and the schedule's chain are made of: stacked bars by kind, and a bar an operation.
struct CompositionPicture {
  /// The most operations that get a bar of their own.
  static let maximumBars = 14

  private let chains: [(title: String, expenses: Expenses)]
  private let bars: [Part]
  private let left = 190.0, width = 1000.0, barEnd = 760.0

  init(_ estimate: StepEstimate) {
    let path = estimate.criticalPath.tasks
    chains = [
      ("critical path", estimate.pass.expenses(of: path)), ("schedule's chain", estimate.chainExpenses),
    ]
    let sorted = Self.parts(path, in: estimate.pass).sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
    bars = Array(sorted.prefix(Self.maximumBars)) + Self.rest(sorted.dropFirst(Self.maximumBars))
  }

  /// Of several activities the kind is nil.
  private typealias Part = (name: String, kind: Activity?, count: Int, seconds: Double)

  private static func rest(_ parts: ArraySlice<Part>) -> [Part] {
    guard !parts.isEmpty else { return [] }
    return [
      (
        "\(parts.count) others", nil, parts.reduce(0) { $0 + $1.count }, parts.reduce(0) { $0 + $1.seconds }
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
        parts.append((operation.name, Activity(operation), 1, graph.graph.durations[node]))
      }
    }
    return parts
  }

  func drawn() -> Picture {
    let legend = legend
    var body = legend.marks
    var y = legend.height + 4
    for chain in chains where chain.expenses.total > 0 {
      body.append(.label(chain.title, x: left - 10, y: y + 18, kind: "strong", anchor: "end"))
      body += stacked(chain.expenses, y: y)
      body.append(.label(Quantity.time(chain.expenses.total), x: barEnd + 10, y: y + 18))
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
      body.append(.box(bar.kind.style, x: left, y: y, width: max(length, 0.6), height: 18))
      let each =
        bar.count > 1 && bar.kind != nil ? " (\(bar.count) × \(Quantity.time(bar.seconds / Double(bar.count))))" : ""
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

  private func stacked(_ expenses: Expenses, y: Double) -> [Markup] {
    var x = left
    var marks: [Markup] = []
    for kind in Activity.allCases where expenses[kind] > 0 {
      let share = expenses[kind] / expenses.total
      let width = (barEnd - left) * share
      let text = Quantity.percent(share)
      marks.append(
        .box(
          kind.rawValue, x: x, y: y, width: width, height: 26,
          hint: "\(kind.title): \(Quantity.time(expenses[kind])), \(text)"))
      if Picture.textWidth(text) + 6 <= width {
        marks.append(.label(text, x: x + width / 2, y: y + 17, kind: "on-\(kind.rawValue)", anchor: "middle"))
      }
      x += width
    }
    return marks
  }

  private var legend: Legend {
    let kinds = Activity.allCases.filter { kind in chains.contains { $0.expenses[kind] > 0 } }
    return Legend(kinds.map { ($0, $0.title) }, from: left, to: width)
  }
}
