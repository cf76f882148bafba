internal import GEMMTiming

/// What the measuring process says to its parent: one line a message, fields parted by tabs.
enum WorkerMessage: Hashable {
  case ready(MeasurerSetting)
  case measured(Measurement)
  case failed(WorkerFailure)

  /// The message as a line without its end.
  var line: String {
    switch self {
    case .ready(let setting):
      [
        "ready", setting.openBLAS.version, setting.openBLAS.kernel, String(setting.openBLAS.threads),
        setting.openBLAS.threading.rawValue, Self.list(setting.pinnedTo), Self.list(setting.choices),
        Self.text(setting.loneVolume), setting.openBLAS.configuration,
      ].joined(separator: "\t")
    case .measured(let measurement):
      [
        "measured", String(measurement.callsPerSample), Self.text(measurement.state.rawSeconds),
        Self.text(measurement.state.coreSlowdown), Self.text(measurement.state.stolenSeconds),
        Self.text(measurement.state.involuntarySwitches), Self.text(measurement.state.waitedShare),
        "\(measurement.wallSeconds)",
        Self.list(measurement.pinnedTo), Self.list(measurement.samples),
      ].joined(separator: "\t")
    case .failed(let failure): (["failed"] + failure.fields).joined(separator: "\t")
    }
  }

  /// Reads a line; nil when it is no message.
  init?(line: String) {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    switch (fields[0], fields.count) {
    case ("ready", 9):
      guard let threads = Int(fields[3]), let threading = OpenBLASBuild.Threading(rawValue: fields[4]),
        let pinned: [Int] = Self.elements(fields[5]), let choices: [Int] = Self.elements(fields[6]),
        let loneVolume: Double? = Self.optional(fields[7])
      else { return nil }
      self = .ready(
        MeasurerSetting(
          openBLAS: OpenBLASBuild(
            version: fields[1], configuration: fields[8], kernel: fields[2], threads: threads, threading: threading),
          pinnedTo: pinned, choices: choices, loneVolume: loneVolume))
    case ("measured", 10):
      guard let calls = Int(fields[1]), let raw: Double? = Self.optional(fields[2]),
        let slowdown: Double? = Self.optional(fields[3]), let stolen: Double? = Self.optional(fields[4]),
        let switches: Int? = Self.optional(fields[5]), let waited: Double? = Self.optional(fields[6]),
        let wall = Double(fields[7]), let pinned: [Int] = Self.elements(fields[8]),
        let samples: [Double] = Self.elements(fields[9]), !samples.isEmpty
      else { return nil }
      self = .measured(
        Measurement(
          samples: samples, callsPerSample: calls,
          state: HostState(
            rawSeconds: raw, coreSlowdown: slowdown, stolenSeconds: stolen, involuntarySwitches: switches,
            waitedShare: waited), wallSeconds: wall, pinnedTo: pinned))
    case ("failed", 2...):
      guard let failure = WorkerFailure(fields: Array(fields.dropFirst())) else { return nil }
      self = .failed(failure)
    default: return nil
    }
  }

  private static func text<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "" }

  /// A value that may be missing; nil where the text is something else.
  private static func optional<Value: LosslessStringConvertible>(_ text: String) -> Value?? {
    if text.isEmpty { return .some(nil) }
    return Value(text).map { .some($0) }
  }

  private static func list<Element>(_ elements: [Element]) -> String {
    elements.map { "\($0)" }.joined(separator: ",")
  }

  private static func elements<Element: LosslessStringConvertible>(_ text: String) -> [Element]? {
    let parts = text.split(separator: ",")
    let elements = parts.compactMap { Element(String($0)) }
    return elements.count == parts.count ? elements : nil
  }
}

/// A failure of the measuring process; the parent knows the shape that it asked for.
enum WorkerFailure: Hashable {
  case overMemory(bytes: Double, limit: Double)
  case outOfMemory(bytes: Double)
  case wrongResult(error: Double, tolerance: Double)
  case tooManyThreads(asked: Int, available: Int, because: String)
  case other(String)

  /// What of an error crosses the pipe.
  init(_ error: CalibrationError) {
    self =
      switch error {
      case .overMemory(_, let bytes, let limit): .overMemory(bytes: bytes, limit: limit)
      case .outOfMemory(_, let bytes): .outOfMemory(bytes: bytes)
      case .wrongResult(_, let error, let tolerance): .wrongResult(error: error, tolerance: tolerance)
      case .tooManyThreads(let asked, let available, let reason):
        .tooManyThreads(asked: asked, available: available, because: reason)
      default: .other(error.description)
      }
  }

  /// The error as the parent throws it.
  func error(for shape: GEMMShape?) -> CalibrationError {
    switch (self, shape) {
    case (.overMemory(let bytes, let limit), let shape?): .overMemory(shape, bytes: bytes, limit: limit)
    case (.outOfMemory(let bytes), let shape?): .outOfMemory(shape, bytes: bytes)
    case (.wrongResult(let error, let tolerance), let shape?): .wrongResult(shape, error: error, tolerance: tolerance)
    case (.tooManyThreads(let asked, let available, let reason), _):
      .tooManyThreads(asked: asked, available: available, because: reason)
    case (.other(let text), _): .worker(text)
    default: .worker("\(self)")
    }
  }

  /// A text without what parts fields and messages.
  private static func oneField(_ text: String) -> String {
    text.split(whereSeparator: { $0.isNewline || $0 == "\t" }).joined(separator: " ")
  }

  fileprivate var fields: [String] {
    switch self {
    case .overMemory(let bytes, let limit): ["overMemory", "\(bytes)", "\(limit)"]
    case .outOfMemory(let bytes): ["outOfMemory", "\(bytes)"]
    case .wrongResult(let error, let tolerance): ["wrongResult", "\(error)", "\(tolerance)"]
    case .tooManyThreads(let asked, let available, let reason):
      ["tooManyThreads", "\(asked)", "\(available)", Self.oneField(reason)]
    case .other(let text): ["other", Self.oneField(text)]
    }
  }

  fileprivate init?(fields: [String]) {
    let numbers = fields.dropFirst().compactMap(Double.init)
    switch (fields[0], numbers.count) {
    case ("overMemory", 2): self = .overMemory(bytes: numbers[0], limit: numbers[1])
    case ("outOfMemory", 1): self = .outOfMemory(bytes: numbers[0])
    case ("wrongResult", 2): self = .wrongResult(error: numbers[0], tolerance: numbers[1])
    case ("tooManyThreads", 2) where fields.count == 4:
      self = .tooManyThreads(
        asked: Int(exactly: numbers[0]) ?? 0, available: Int(exactly: numbers[1]) ?? 0, because: fields[3])
    case ("other", _) where fields.count == 2: self = .other(fields[1])
    default: return nil
    }
  }
}

extension MeasurementRequest {
  /// The request as a line of the worker's input, without its end.
  var line: String {
    let shape = item.shape
    let numbers = [shape.m, shape.k, shape.n, shape.batch, item.threads].map(String.init)
    let rule = ["\(stopping.minimumSamples)", "\(stopping.maximumSamples)", "\(stopping.halfWidth)"]
    let fields = [item.routine.rawValue] + numbers + [item.cache.rawValue, item.layout.rawValue] + rule
    return (fields + ["\(timeLimit)", "\(patience)", checksResult ? "check" : "trust"]).joined(separator: "\t")
  }

  /// Reads a line; nil when it is no request.
  init?(line: String) {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 14, let routine = TimingRow.Routine(rawValue: fields[0]),
      let m = Int(fields[1]), let k = Int(fields[2]), let n = Int(fields[3]), let batch = Int(fields[4]),
      let threads = Int(fields[5]), let cache = TimingRow.CacheState(rawValue: fields[6]),
      let layout = OperandLayout(rawValue: fields[7]),
      let minimum = Int(fields[8]), let maximum = Int(fields[9]), let halfWidth = Double(fields[10]),
      let timeLimit = Double(fields[11]), let patience = Double(fields[12]), ["check", "trust"].contains(fields[13]),
      let shape = try? GEMMShape(m: m, k: k, n: n, batch: batch)
    else { return nil }
    self.init(
      WorkItem(shape, routine: routine, threads: threads, cache: cache, layout: layout),
      stopping: StopRule(minimumSamples: minimum, maximumSamples: maximum, halfWidth: halfWidth),
      timeLimit: timeLimit, patience: patience, checksResult: fields[13] == "check")
  }
}
