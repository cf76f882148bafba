internal import DataFiles
internal import GEMMTiming

/// A trace of PyTorch's profiler: what its kernels did, or on a CPU its operators.
///
/// A kernel's `External id` is that of the operator that launched it. Where a kernel has none, the launch of the same
/// `correlation` has it, or lies within the operator's time on its thread. All kernels of one product's operator are one
/// product. Sources: pytorch/kineto `libkineto/src/output_json.cpp`.
struct KinetoTrace {
  let root: JSONValue
  private var operations: [TraceEvent] = []
  private var kernels: [TraceEvent] = []
  private var launches: [TraceEvent] = []
  private var marks: Set<String> = []
  private let ranks: Int?

  /// `ranks` counts for gloo's exchanges where the trace does not tell their group.
  init(_ root: JSONValue, ranks: Int? = nil) throws(FileError) {
    self.root = root
    if let ranks { self.ranks = ranks } else { self.ranks = try root["distributedInfo"]?["world_size"]?.integer() }
    for value in try root.required("traceEvents").array() {
      guard let event = try TraceEvent(value) else { continue }
      if event.category.isDevice {
        kernels.append(event)
      } else if event.category.isLaunch {
        launches.append(event)
      } else if event.category == .operation || event.name.hasPrefix("gloo:") {
        operations.append(event)
      } else if event.name.hasPrefix("ProfilerStep#") {
        marks.insert(event.name)
      }
    }
  }

  /// What was measured, each once.
  func step() throws(FileError) -> ProfiledStep {
    let nesting = TraceNesting(operations)
    let pieces = try kernels.isEmpty ? operators(nesting) : device(nesting)
    let timed = kernels.isEmpty ? operations : kernels
    guard !timed.isEmpty else {
      throw root.error(
        "no event is a kernel or an operator",
        remedy: "activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA] and record_shapes=True record them")
    }
    var step = ProfiledStep(
      pieces: pieces, isGPU: !kernels.isEmpty, hasShapes: pieces.contains { $0.work != nil }, steps: marks.count)
    (step.span, step.busy) = Self.extent(timed)
    step.device = try deviceName()
    var devices: Set<Int> = []
    for kernel in kernels { if let device = try kernel.device() { devices.insert(device) } }
    step.devices = max(1, devices.count)
    step.rank = try root["distributedInfo"]?["rank"]?.integer()
    step.ranks = try root["distributedInfo"]?["world_size"]?.integer()
    if pieces.contains(where: { $0.kind == .collective && $0.work != nil }) {
      step.notes.append("an exchange's time holds the wait for the slowest rank, which time_min_us holds least of")
    }
    return step
  }

  /// Seconds from the first event to the end of the last, and of these the ones in which some event was.
  private static func extent(_ events: [TraceEvent]) -> (span: Double, busy: Double) {
    let sorted = events.sorted { $0.start < $1.start }
    guard let first = sorted.first?.start else { return (0, 0) }
    var (busy, end) = (0.0, first)
    for event in sorted where event.end > end {
      busy += event.end - max(event.start, end)
      end = event.end
    }
    return (end - first, busy)
  }

  /// The name of the GPU that the kernels ran on; nil where the trace does not tell.
  private func deviceName() throws(FileError) -> String? {
    let devices = try root["deviceProperties"]?.array() ?? []
    let number = try kernels.first?.device()
    for device in devices {
      let id = try device["id"]?.integer()
      guard number == nil || id == number else { continue }
      if let name = try device["name"]?.string() { return name }
    }
    return nil
  }

  // MARK: - Operators of a CPU

  /// Operators with shapes, each once: of those within each other the innermost.
  ///
  /// All other time is by name.
  private func operators(_ nesting: TraceNesting) throws(FileError) -> [ProfiledStep.Piece] {
    var works = [TraceWork?](repeating: nil, count: operations.count)
    var reasons = [String?](repeating: nil, count: operations.count)
    for (index, event) in operations.enumerated() {
      guard let known = TraceOperator(event.name) else { continue }
      switch try known.reading(event, ranks: ranks) {
      case .work(let work) where event.duration > 0: works[index] = work
      case .work: reasons[index] = "it has no duration"
      case .unknown(let reason): reasons[index] = reason
      }
    }
    // Callers come before what they call: from behind, what holds work within is none itself.
    var holdsWork = [Bool](repeating: false, count: operations.count)
    for index in nesting.order.reversed() {
      if holdsWork[index] { works[index] = nil }
      if works[index] != nil || holdsWork[index], let parent = nesting.parents[index] { holdsWork[parent] = true }
    }
    var isWithin = [Bool](repeating: false, count: operations.count)
    var own = operations.map(\.duration)
    for index in nesting.order {
      guard let parent = nesting.parents[index] else { continue }
      isWithin[index] = works[parent] != nil || isWithin[parent]
      own[parent] -= operations[index].duration
    }
    return nesting.order.sorted { operations[$0].start < operations[$1].start }.compactMap { index in
      let event = operations[index]
      if isWithin[index] { return nil }
      let kind = works[index]?.kind ?? TraceOperator(event.name)?.kind ?? .other
      return .init(
        name: event.name, kind: kind, work: works[index],
        seconds: works[index] == nil ? max(0, own[index]) : event.duration,
        reason: works[index] == nil ? reasons[index] ?? "these are no operators that rows are made of" : nil)
    }
  }

  // MARK: - Kernels of a GPU

  private func device(_ nesting: TraceNesting) throws(FileError) -> [ProfiledStep.Piece] {
    let callers = callers(nesting)
    var pieces: [ProfiledStep.Piece] = []
    var places: [Int: Int] = [:]
    for index in kernels.indices.sorted(by: { kernels[$0].start < kernels[$1].start }) {
      let kernel = kernels[index]
      let kind = kernel.category == .kernel ? KernelKind(kernel: kernel.name) : .elementwise
      var piece = ProfiledStep.Piece(
        name: kernel.name, kind: kind, work: nil, seconds: kernel.duration, reason: nil)
      if let exchange = try TraceExchange.reading(kernel) {
        piece.kind = .collective
        piece.take(kernel.duration > 0 ? exchange : .unknown("it has no duration"))
        pieces.append(piece)
        continue
      }
      guard let (operation, known) = known(callers[index], kind, nesting) else {
        piece.reason =
          callers[index] == nil
          ? "no operator launched it that the trace has, as in CUDA graphs"
          : "no operator that rows are made of launched it"
        pieces.append(piece)
        continue
      }
      if let place = places[operation] {
        pieces[place].seconds += kernel.duration
        pieces[place].takeType(of: kernel.name)
        continue
      }
      let reading = try known.reading(operations[operation], ranks: ranks)
      (piece.name, piece.kind) = (operations[operation].name, known.kind)
      piece.take(kernel.duration > 0 ? reading : .unknown("it has no duration"))
      piece.takeType(of: kernel.name)
      if kernel.duration > 0 { places[operation] = pieces.count }
      pieces.append(piece)
    }
    return pieces
  }

  /// The operator that launched each kernel, innermost.
  private func callers(_ nesting: TraceNesting) -> [Int?] {
    var byExternal: [Int: Int] = [:]
    for (index, event) in operations.enumerated() {
      if let external = event.external { byExternal[external] = index }
    }
    var byCorrelation: [Int: Int] = [:]
    for (index, launch) in launches.enumerated() {
      if let correlation = launch.correlation { byCorrelation[correlation] = index }
    }
    let enclosing = nesting.innermost(operations, at: launches.map { ($0.thread, $0.start) })
    return kernels.map { kernel in
      if let operation = kernel.external.flatMap({ byExternal[$0] }) { return operation }
      guard let launch = kernel.correlation.flatMap({ byCorrelation[$0] }) else { return nil }
      return launches[launch].external.flatMap { byExternal[$0] } ?? enclosing[launch]
    }
  }

  /// The operator with a shape that a kernel works for: its caller, or further out one of the kernel's own kind.
  private func known(
    _ caller: Int?, _ kind: KernelKind, _ nesting: TraceNesting
  ) -> (operation: Int, known: TraceOperator)? {
    var candidate = caller
    while let operation = candidate {
      if let known = TraceOperator(operations[operation].name), operation == caller || known.kind == kind {
        return (operation, known)
      }
      candidate = nesting.parents[operation]
    }
    return nil
  }
}

extension ProfiledStep.Piece {
  fileprivate mutating func take(_ reading: TraceReading) {
    switch reading {
    case .work(let work): self.work = work
    case .unknown(let reason): self.reason = reason
    }
  }

  /// Single precision on tensor cores stands in the kernel's name alone.
  fileprivate mutating func takeType(of kernel: String) {
    if case .gemm(let shape, .fp32, let layout) = work, kernel.contains("tf32") || kernel.contains("s1688gemm") {
      work = .gemm(shape, .tf32, layout)
    }
  }
}
