internal import DataFiles
internal import GEMMTiming
internal import TaskGraphs
public import TransformerModels

/// A step's schedule in the Trace Event Format, which Perfetto and `chrome://tracing` show.
///
/// A process is a stage, a thread one of its streams; times are in microseconds. Every operation that takes time is a
/// complete event (`ph: "X"`) with its layer, micro-batch, interval, bound and source; flow events (`ph: "s"`, `"f"`)
/// join the operations of the chain that determines the makespan, counters (`ph: "C"`) show each stage's memory. Format: *Trace Event Format*, Google, 2016.
public struct ChromeTrace: Sendable {
  private let estimate: StepEstimate
  private let timeline: ScheduleTimeline
  private let isFolded: Bool

  /// The most operations that are written one by one: viewers open about as many events.
  public static let maximumOperations = 1_000_000

  /// Arranges a schedule as a trace; a step of more than ``maximumOperations`` is folded to an event a pass and stream,
  /// which `otherData.detail` says.
  ///
  /// O(nodes · log cells).
  public init(_ estimate: StepEstimate) {
    self.init(estimate, limit: Self.maximumOperations)
  }

  init(_ estimate: StepEstimate, limit: Int) {
    self.estimate = estimate
    isFolded = estimate.step.nodeCount > limit
    timeline = ScheduleTimeline(estimate, detail: isFolded ? .passes : .operations)
  }

  /// The trace as JSON, an event a line.
  ///
  /// O(size of the text).
  public func json() -> String {
    var text = "{\"displayTimeUnit\":\"ms\",\n\"otherData\":{"
    let about = [
      ("tool", "gemmcast"), ("model", estimate.model.name), ("device", estimate.device),
      ("detail", isFolded ? "passes" : "operations"), ("makespan_us", Self.time(timeline.makespan)),
    ]
    text += about.map { "\(Self.quoted($0)):\(Self.quoted($1))" }.joined(separator: ",")
    text += "},\n\"traceEvents\":[\n"
    var isFirst = true
    func append(_ event: String) {
      text += isFirst ? event : ",\n" + event
      isFirst = false
    }
    for event in names { append(event) }
    for row in timeline.rows { for block in row.blocks { append(complete(block, in: row)) } }
    if !isFolded { for event in flows { append(event) } }
    for event in memory { append(event) }
    return text + "\n]}\n"
  }

  /// Processes and threads by name, in the order of stages and streams.
  private var names: [String] {
    var events: [String] = []
    var named: Set<Int> = []
    let plan = estimate.plan
    for row in timeline.rows {
      if named.insert(row.stage).inserted {
        let first = row.stage * plan.tp
        let gpus = plan.tp == 1 ? "GPU \(first)" : "GPUs \(first)-\(first + plan.tp - 1)"
        events.append(
          Self.metadata("process_name", stage: row.stage, "\"name\":\(Self.quoted("stage \(row.stage) (\(gpus))"))"))
        events.append(Self.metadata("process_sort_index", stage: row.stage, "\"sort_index\":\(row.stage)"))
      }
      let thread = row.stream.rawValue
      events.append(
        Self.metadata("thread_name", stage: row.stage, stream: thread, "\"name\":\(Self.quoted(row.stream.title))"))
      events.append(Self.metadata("thread_sort_index", stage: row.stage, stream: thread, "\"sort_index\":\(thread)"))
    }
    return events
  }

  private static func metadata(_ name: String, stage: Int, stream: Int = 0, _ arguments: String) -> String {
    "{\"name\":\"\(name)\",\"ph\":\"M\",\"pid\":\(stage),\"tid\":\(stream),\"args\":{\(arguments)}}"
  }

  private func complete(_ block: ScheduleTimeline.Block, in row: ScheduleTimeline.Row) -> String {
    let step = estimate.step
    let cell = step.cell(of: block.node)
    let name = isFolded ? "\(cell.kind.title) \(cell.microBatch)" : step.name(of: block.node)
    var arguments = [
      "\"pass\":\(Self.quoted(cell.kind.title))", "\"micro_batch\":\(cell.microBatch)", "\"part\":\(cell.part)",
    ]
    if isFolded {
      arguments += ["\"operations\":\(block.count)", "\"busy_us\":\(Self.time(block.busy))"]
    } else {
      if let layer = step.layer(of: block.node) { arguments.append("\"layer\":\(layer)") }
      let prediction = step.prediction(of: block.node)
      if let shape = step.operation(of: block.node).shape {
        arguments.append("\"gemm\":\(Self.quoted(shape.description))")
      }
      arguments += [
        "\"low_us\":\(Self.time(prediction.low))", "\"high_us\":\(Self.time(prediction.high))",
        "\"bound\":\(Self.quoted(prediction.bound.rawValue))", "\"source\":\(Self.quoted(prediction.source.rawValue))",
        "\"slack_us\":\(Self.time(estimate.schedule.path.slack(of: block.node)))",
      ]
    }
    return "{\"name\":\(Self.quoted(name)),\"cat\":\"\(block.kind.rawValue)\",\"ph\":\"X\","
      + "\"ts\":\(Self.time(block.start)),\"dur\":\(Self.time(block.end - block.start)),\"pid\":\(row.stage),"
      + "\"tid\":\(row.stream.rawValue),\"args\":{\(arguments.joined(separator: ","))}}"
  }

  /// A counter a stage: the memory that one of its GPUs holds.
  private var memory: [String] {
    (0..<estimate.plan.pp).compactMap { try? MemoryTimeline(estimate, stage: $0) }.flatMap { timeline in
      timeline.points.map { point in
        "{\"name\":\"memory of one GPU\",\"ph\":\"C\",\"ts\":\(Self.time(point.seconds)),\"pid\":\(timeline.stage),\"tid\":0,"
          + "\"args\":{\"bytes\":\(FixedPoint.text(point.bytes, decimals: 0))}}"
      }
    }
  }

  /// An arrow from each operation of the chain to the next.
  private var flows: [String] {
    let (step, starts) = (estimate.step, estimate.schedule.path.earliestStart)
    let chain = estimate.schedule.chain.filter { step.graph.durations[$0] > 0 && step.stream(of: $0) != nil }
    var events: [String] = []
    for (index, (from, to)) in zip(chain, chain.dropFirst()).enumerated() {
      for (phase, node, more) in [("s", from, ""), ("f", to, ",\"bp\":\"e\"")] {
        guard let stream = step.stream(of: node) else { continue }
        events.append(
          "{\"name\":\"critical path\",\"cat\":\"critical_path\",\"ph\":\"\(phase)\"\(more),\"id\":\(index),"
            + "\"ts\":\(Self.time(starts[node])),\"pid\":\(step.stage(of: node)),\"tid\":\(stream.rawValue)}")
      }
    }
    return events
  }

  /// Seconds as microseconds to the picosecond, without zeros that say nothing.
  ///
  /// By whole picoseconds where they fit: a long trace has millions of times.
  static func time(_ seconds: Double) -> String {
    let picoseconds = (seconds * 1e12).rounded()
    guard picoseconds >= 0, picoseconds < 1e18 else { return FixedPoint.text(seconds * 1e6, decimals: 6) }
    let (whole, rest) = Int(picoseconds).quotientAndRemainder(dividingBy: 1_000_000)
    guard rest > 0 else { return String(whole) }
    let digits = String(rest)
    var text = "\(whole)." + String(repeating: "0", count: 6 - digits.count) + digits
    while text.hasSuffix("0") { text.removeLast() }
    return text
  }

  private static func quoted(_ text: String) -> String {
    String(JSONText.string(text).text.dropLast())
  }
}
