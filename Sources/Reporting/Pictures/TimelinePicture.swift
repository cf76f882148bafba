internal import TransformerModels

/// A timeline of the schedule: the streams of the stages over time, coloured by what runs.
///
/// Blocks that would be narrower than a pixel or so are drawn together as one, paler as the stream idles within it; a
/// strip marks where the chain runs that determines the makespan.
struct TimelinePicture {
  private let timeline: ScheduleTimeline
  private let estimate: StepEstimate
  private let window: ClosedRange<Double>
  private let detail: ScheduleTimeline.Detail
  /// Places in the picture.
  private let left = 118.0, width = 1000.0, laneHeight = 20.0, nameHeight = 82.0
  private let right: Double
  private let scale: PlotScale
  private let rows: [ScheduleTimeline.Row]
  private let leftOut: Int
  /// Whether there is room for names above the compute stream.
  private let namesNarrow: Bool

  /// The most stages that are drawn; of more, the first and the last.
  static let maximumStages = 8
  /// The most blocks that a picture holds, more or less.
  static let maximumBlocks = 8000

  /// The whole step, by operations where they are wide enough to be seen and by passes otherwise.
  static func whole(_ estimate: StepEstimate) -> Picture {
    // A stage's operations are more than those of its longest row: a first look that costs nothing.
    let isSmall = estimate.step.nodeCount / estimate.plan.pp <= 2000
    let byOperations = isSmall ? ScheduleTimeline(estimate, detail: .operations) : nil
    let detail: ScheduleTimeline.Detail = (byOperations?.longestRow ?? .max) <= 300 ? .operations : .passes
    let timeline =
      (detail == .operations ? byOperations : nil) ?? ScheduleTimeline(estimate, detail: .passes)
    let picture = TimelinePicture(estimate, timeline, detail: detail, window: 0...max(timeline.makespan, 0))
    return picture.drawn(title: "Schedule of the step", about: picture.wholeCaption)
  }

  /// A short stretch of one stage, operation by operation; nil when there is nothing in it.
  static func layer(_ estimate: StepEstimate, stretch: LayerStretch) -> Picture? {
    let whole = ScheduleTimeline(estimate, detail: .operations, stage: stretch.stage)
    let picture = TimelinePicture(estimate, whole, detail: .operations, window: stretch.window, namesNarrow: true)
    guard picture.rows.contains(where: { !$0.blocks.isEmpty }) else { return nil }
    return picture.drawn(title: stretch.title, about: "One layer's operations on stage \(stretch.stage).")
  }

  private init(
    _ estimate: StepEstimate, _ timeline: ScheduleTimeline, detail: ScheduleTimeline.Detail,
    window: ClosedRange<Double>, namesNarrow: Bool = false
  ) {
    self.estimate = estimate
    self.timeline = timeline
    self.detail = detail
    self.window = window
    let stages = estimate.plan.pp
    let kept = { (stage: Int) in
      stages <= Self.maximumStages || stage < Self.maximumStages / 2 || stage >= stages - Self.maximumStages / 2
    }
    let chosen = timeline.rows.filter { namesNarrow || kept($0.stage) }
    self.namesNarrow = namesNarrow
    leftOut = namesNarrow ? 0 : max(0, stages - Self.maximumStages)
    right = namesNarrow ? 96 : 24
    let scale = PlotScale.linear(window, pixels: (left, width - right))
    self.scale = scale
    let narrowest = max(1.2, Double(chosen.count) * (width - left - right) / Double(Self.maximumBlocks))
    self.rows = chosen.map { row in
      var row = row
      row.blocks = Self.merged(row.blocks, within: window, narrowest: narrowest) { scale($0) }
      return row
    }.filter { !$0.blocks.isEmpty }
  }

  private var wholeCaption: String {
    let what =
      detail == .operations
      ? "Each block is an operation"
      : "Each block is all that one pass of one micro-batch does on a stream, with the micro-batch's number where there "
        + "is room; where many passes are narrower than a pixel they are drawn together, paler as the stream idles"
    return what + (leftOut > 0 ? "; \(leftOut) stages between the first and the last are not drawn" : "") + "."
  }

  /// Blocks within the window, with those too narrow to be seen gathered into blocks of about `narrowest` pixels.
  static func merged(
    _ blocks: [ScheduleTimeline.Block], within window: ClosedRange<Double>, narrowest: Double,
    pixel: (Double) -> Double
  ) -> [ScheduleTimeline.Block] {
    var result: [ScheduleTimeline.Block] = []
    var seconds: [Activity: Double] = [:]
    for block in blocks where block.end > window.lowerBound && block.start < window.upperBound {
      if let last = result.indices.last, pixel(block.end) - pixel(result[last].start) < narrowest {
        seconds[block.kind, default: 0] += block.busy
        result[last].end = block.end
        result[last].busy += block.busy
        result[last].count += block.count
        result[last].parts += block.parts
        result[last].kind = ScheduleTimeline.longest(seconds)
        if result[last].pass != block.pass { result[last].pass = nil }
      } else {
        result.append(block)
        seconds = [block.kind: block.busy]
      }
    }
    return result
  }

  private func drawn(title: String, about: String) -> Picture {
    let legend = legend
    var body: [Markup] = []
    var top = legend.height
    var places: [(row: ScheduleTimeline.Row, y: Double)] = []
    var previous: Int?
    for row in rows {
      if let previous, previous != row.stage { top += row.stage - previous > 1 ? 22 : 8 }
      if let previous, row.stage - previous > 1 {
        body.append(.label("⋮", x: left - 40, y: top - 6, kind: "muted", anchor: "middle"))
      }
      if namesNarrow, row.stream == .compute { top += nameHeight }
      places.append((row, top))
      top += laneHeight + 2
      previous = row.stage
    }
    let bottom = top + 4
    body += TimeAxis(scale: scale, origin: detail == .operations && window.lowerBound > 0 ? window.lowerBound : 0)
      .drawn(from: legend.height - 4, to: bottom)
    var named: Set<Int> = []
    for (row, y) in places {
      if named.insert(row.stage).inserted {
        body.append(.label("stage \(row.stage)", x: 8, y: y + 14, kind: "strong"))
      }
      body.append(.label(row.stream.title, x: left - 8, y: y + 14, kind: "small", anchor: "end"))
      body.append(.box("lane", x: left, y: y, width: width - right - left, height: laneHeight))
      body += blocks(of: row, y: y)
      body += chain(of: row, y: y + laneHeight - 3)
    }
    return Picture(
      title: title, caption: about + " A strip along the bottom marks the chain that determines the makespan.",
      width: width,
      height: bottom + 40, body: legend.marks + body)
  }

  private func blocks(of row: ScheduleTimeline.Row, y: Double) -> [Markup] {
    var marks: [Markup] = []
    var lastName = -Double.infinity
    for (index, block) in row.blocks.enumerated() {
      let x = scale(block.start)
      let next = index + 1 < row.blocks.count ? scale(row.blocks[index + 1].start) : width - right
      let width = min(max(scale(block.end) - x, 0.6), max(next - x, 0))
      let density = block.end > block.start ? block.busy / (block.end - block.start) : 1
      marks.append(
        .box(
          color(of: block, in: row).style, x: x, y: y, width: width > 4 ? width - 0.5 : width, height: laneHeight,
          opacity: density > 0.95 ? 1 : 0.25 + 0.75 * density, hint: hint(block)))
      let label = self.label(block, in: row)
      if !label.isEmpty, Picture.textWidth(label, size: 11) + 4 <= width {
        let kind = color(of: block, in: row)
        marks.append(.label(label, x: x + width / 2, y: y + 13, kind: "on-\(kind.style)", anchor: "middle"))
      } else if namesNarrow, !label.isEmpty, row.stream == .compute, x + width / 2 >= lastName + 11 {
        // Narrow blocks have their names above them, turned, as many as there is room for.
        lastName = x + width / 2
        marks.append(.label(label, x: lastName + 3, y: y - 5, kind: "small", rotated: -45))
      }
    }
    return marks
  }

  private func chain(of row: ScheduleTimeline.Row, y: Double) -> [Markup] {
    var strips: [(first: Double, last: Double)] = []
    for stretch in row.chain where stretch.upperBound > window.lowerBound && stretch.lowerBound < window.upperBound {
      let (first, last) = (scale(stretch.lowerBound), scale(stretch.upperBound))
      if let end = strips.indices.last, last - strips[end].first < 1.5 || first - strips[end].last < 0.3 {
        strips[end].last = last
      } else {
        strips.append((first, last))
      }
    }
    return strips.map { .box("chain", x: $0.first, y: y, width: max($0.last - $0.first, 0.4), height: 3) }
  }

  /// Passes on the compute stream are coloured by their direction, everything else by what it is.
  private func color(of block: ScheduleTimeline.Block, in row: ScheduleTimeline.Row) -> Activity? {
    guard detail == .passes, row.stream == .compute else { return block.kind }
    switch block.pass {
    case .forward: return .product
    case .backward: return .attention
    case .weightGradient: return .pipeline
    case .update: return .memory
    case nil: return nil
    }
  }

  private func label(_ block: ScheduleTimeline.Block, in row: ScheduleTimeline.Row) -> String {
    guard block.parts == 1 else { return "" }
    switch detail {
    case .operations: return estimate.step.operation(of: block.node).name
    case .passes:
      guard row.stream == .compute else { return "" }
      return block.pass == .update ? "update" : String(estimate.step.cell(of: block.node).microBatch)
    }
  }

  private func hint(_ block: ScheduleTimeline.Block) -> String {
    let step = estimate.step
    let cell = step.cell(of: block.node)
    let pass = cell.kind == .update ? "update" : "\(cell.kind.title) of micro-batch \(cell.microBatch)"
    let name = detail == .operations ? "\(step.name(of: block.node)), \(pass)" : pass
    let others = detail == .operations ? block.count - 1 : block.parts - 1
    return name + (others > 0 ? " and \(others) more" : "")
      + ": \(Quantity.time(block.busy)) from \(Quantity.time(block.start))"
  }

  /// What the colours mean, as far as they appear.
  private var legend: Legend {
    var entries: [(kind: Activity?, title: String)] = []
    for row in rows {
      for block in row.blocks {
        let kind = color(of: block, in: row)
        let isPass = detail == .passes && row.stream == .compute
        let title = isPass ? block.pass?.title ?? "passes of several kinds" : block.kind.title
        if !entries.contains(where: { $0.kind == kind && $0.title == title }) { entries.append((kind, title)) }
      }
    }
    return Legend(entries, from: left, to: width)
  }
}
