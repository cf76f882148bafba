internal import DataFiles
internal import TransformerModels

/// Memory over time: a line a stage, and the device's capacity.
struct MemoryPicture {
  private let timelines: [MemoryTimeline]
  private let leftOut: Int
  private let makespan: Double
  private let capacity: Double
  private let left = 118.0, width = 1000.0, right = 24.0, height = 300.0

  /// The most stages that are drawn, each in a colour of its own.
  static let maximumStages = 6
  /// The most steps that a line has.
  static let maximumSteps = 1200

  init?(_ timelines: [MemoryTimeline], makespan: Double, capacity: Double) {
    guard makespan > 0, timelines.contains(where: { !$0.points.isEmpty }) else { return nil }
    let count = timelines.count
    self.timelines = timelines.filter {
      count <= Self.maximumStages || $0.stage < Self.maximumStages / 2 || $0.stage >= count - Self.maximumStages / 2
    }
    leftOut = count - self.timelines.count
    (self.makespan, self.capacity) = (makespan, capacity)
  }

  func drawn() -> Picture {
    let kinds = Activity?.drawn.prefix(Self.maximumStages)
    let legend = Legend(
      zip(timelines, kinds).map { ($1, "stage \($0.stage)") }, from: left, to: width)
    let top = legend.height + 14, bottom = legend.height + 14 + height
    let time = PlotScale.linear(0...makespan, pixels: (left, width - right))
    let largest = timelines.map { $0.peak?.bytes ?? $0.persistent }.max() ?? 0
    // A capacity far above or below what is held would flatten the lines.
    let showsCapacity = capacity < 2.5 * largest && largest < 10 * capacity
    let end = 1.06 * (showsCapacity ? max(largest, capacity) : largest)
    let bytes = PlotScale.linear(to: end, pixels: (bottom, top))
    var body = legend.marks
    for tick in bytes.ticks(count: 6) {
      body.append(.line("grid", from: (left, bytes(tick)), to: (width - right, bytes(tick))))
      body.append(
        .label(Self.round(tick), x: left - 8, y: bytes(tick) + 4, kind: "muted", anchor: "end"))
    }
    body += TimeAxis(scale: time, origin: 0).drawn(from: top, to: bottom)
    if showsCapacity {
      body.append(.line("under", from: (left, bytes(capacity)), to: (width - right, bytes(capacity))))
      body.append(
        .label(
          "capacity \(Quantity.bytes(capacity))", x: width - right, y: bytes(capacity) - 5, kind: "small", anchor: "end"
        ))
    }
    for (timeline, kind) in zip(timelines, kinds) {
      body.append(.polyline("bar-\(kind.style)", line(timeline, time: time, bytes: bytes)))
    }
    return Picture(
      title: "Memory of one GPU over time", caption: caption(showsCapacity), width: width, height: bottom + 40,
      body: body)
  }

  /// A round number of bytes without digits that say nothing.
  private static func round(_ bytes: Double) -> String {
    let text = Quantity.bytes(bytes)
    guard let gap = text.firstIndex(of: " "), text[..<gap].contains(".") else { return text }
    var number = text[..<gap]
    while number.hasSuffix("0") { number.removeLast() }
    if number.hasSuffix(".") { number.removeLast() }
    return String(number + text[gap...])
  }

  private func caption(_ showsCapacity: Bool) -> String {
    "Weights, gradients and optimizer state stay; activations come with forward passes and go with backward ones."
      + (timelines.contains { $0.points.count > Self.maximumSteps }
        ? " Where passes are narrower than a pixel, the most that is held in it is drawn." : "")
      + (showsCapacity ? "" : " The capacity is \(Quantity.bytes(capacity)), out of the picture.")
      + (leftOut > 0 ? " \(leftOut) stages between the first and the last are not drawn." : "")
  }

  /// A line in steps; of more points than can be told apart, the largest of each pixel.
  private func line(_ timeline: MemoryTimeline, time: PlotScale, bytes: PlotScale) -> [(x: Double, y: Double)] {
    var level = timeline.persistent
    var points = [(x: time(0), y: bytes(level))]
    func step(to seconds: Double, _ next: Double) {
      points.append((time(seconds), bytes(level)))
      points.append((time(seconds), bytes(next)))
      level = next
    }
    let changes = timeline.points.sorted { $0.seconds < $1.seconds }
    if changes.count <= Self.maximumSteps {
      for change in changes { step(to: change.seconds, change.bytes) }
    } else {
      let columns = Int(width - left - right)
      var next = 0
      var held = level
      for column in 0..<columns {
        let begin = makespan * Double(column) / Double(columns)
        let end = makespan * Double(column + 1) / Double(columns)
        var most = held
        while next < changes.count, changes[next].seconds < end {
          held = changes[next].bytes
          most = max(most, held)
          next += 1
        }
        if most != level { step(to: begin, most) }
      }
      if let last = changes.last { step(to: makespan, last.bytes) }
    }
    points.append((time(makespan), bytes(level)))
    return points
  }
}
