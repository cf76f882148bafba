/// Whose JSON a text is, by its outermost keys.
public struct JSONKind: Hashable, Sendable {
  /// The outermost object's keys in order, at most 64; none for an array.
  public let keys: [String]

  /// Looks at a text; nil unless it begins as a JSON object or array of objects does.
  ///
  /// O(size of the text). The text need not be whole, so that a file is named even where it is damaged.
  public init?(_ text: String) {
    var utf8 = text.utf8[...].drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard let first = utf8.popFirst() else { return nil }
    switch first {
    case UInt8(ascii: "{"):
      guard [nil, UInt8(ascii: "\""), UInt8(ascii: "}")].contains(Self.first(utf8)) else { return nil }
      keys = Self.outermostKeys(utf8)
    case UInt8(ascii: "["):
      guard Self.first(utf8) == UInt8(ascii: "{") else { return nil }
      keys = []
    default: return nil
    }
  }

  /// What it is: `a trace of the PyTorch profiler`; nil where the keys say nothing.
  public var name: String? {
    let found = Self.tools.first { tool in tool.keys.allSatisfy(keys.contains) }
    return found?.name
  }

  /// The kind in words, with its keys where nothing else is known.
  public var description: String {
    if let name { return name }
    if keys.isEmpty { return "JSON without keys that are known" }
    return "JSON with the keys \(keys.prefix(6).joined(separator: ", "))\(keys.count > 6 ? ", …" : "")"
  }

  /// Keys that stand together in the files of one tool: the first line whose keys are all there decides.
  private static let tools: [(keys: [String], name: String)] = [
    (["nccl_version", "results"], "a report of nccl-tests"),
    (["traceEvents", "deviceProperties"], "a trace of the PyTorch profiler (Kineto)"),
    (["traceEvents", "schemaVersion"], "a trace of the PyTorch profiler (Kineto)"),
    (["traceEvents"], "a trace of events (Chrome, Perfetto)"),
    (["context", "benchmarks"], "a report of Google Benchmark"),
    (["nbformat"], "a notebook"),
    (["weight_map"], "an index of a model's weights"),
    (["auto_map", "model_type"], "a model's config.json"),
    (["architectures"], "a model's config.json"),
    (["model_type"], "a model's config.json"),
    (["hidden_size"], "a model's config.json"),
    (["log", "stream", "time"], "a container's log as Docker keeps it (jq -rj .log gives the text)"),
    (["format", "version", "models"], "a fitted model of gemmcast"),
    (["format", "peak_flops_per_s"], "a device file of gemmcast"),
  ]

  /// The first byte that is no blank.
  private static func first(_ bytes: Substring.UTF8View) -> UInt8? {
    bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
  }

  private static func outermostKeys(_ bytes: Substring.UTF8View) -> [String] {
    var keys: [String] = []
    var depth = 1
    var string: [UInt8]?
    var last: [UInt8] = []
    var isEscaped = false
    for byte in bytes {
      if var open = string {
        string = nil
        if !isEscaped, byte == UInt8(ascii: "\"") {
          last = open
          continue
        }
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        // Only keys are looked for: a long string is no key.
        if depth == 1, open.count < 128 { open.append(byte) }
        string = open
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): string = []
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ":") where depth == 1: keys.append(String(decoding: last, as: UTF8.self))
      default: break
      }
      if depth == 0 || keys.count == 64 { break }
    }
    return keys
  }
}
