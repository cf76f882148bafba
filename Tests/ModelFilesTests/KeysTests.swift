import DataFiles
import Testing

@testable import ModelFiles
@testable import TransformerModels

/// Every key of a file is used, known to change nothing, named in a note, or an error.
@Suite struct KeysTests {
  private static let names: Set = [
    "bloom-176b", "command-a-111b", "dbrx", "deepseek-v2-lite", "falcon-40b", "gemma-2-9b", "glm-4.5", "gpt-j-6b",
    "gpt-oss-20b", "llama-4-maverick", "mpt-30b", "nemotron-3-nano-30b-a3b", "opt-350m", "phi-2", "qwen2-57b-a14b",
    "qwen3-next-80b-a3b", "stablelm-2-1.6b", "edge-gpt2-n-inner-null", "mixtral-8x7b", "minimax-m2.5",
  ]

  @Test(arguments: Architecture.all.filter { names.contains($0.testDescription) })
  func noKeyIsPassedOverInSilence(_ published: Architecture) throws {
    let root = try JSONDocument(text: published.file, file: "config.json").root
    let plain = try published.read()
    let inner = try (root["text_config"] ?? root).required("model_type").string()
    let family = try #require(HuggingFaceFamily.of(type: inner))
    for path in Self.paths(root) {
      let text = Self.text(root, [], flipping: path)
      let changed = try JSONDocument(text: text, file: "config.json").root
      // An error is a change.
      guard let model = try? ModelConfiguration(huggingFace: changed, name: published.testDescription) else { continue }
      let (key, dotted) = (path.last ?? "", path.joined(separator: "."))
      let isHarmless = HuggingFaceKeys.harmless.union(family.harmless).isDisjoint(with: [key, dotted]) == false
      let isNamed = model.notes.contains { Self.names($0).contains { $0 == key || $0 == dotted } }
      #expect(Self.parts(model) != Self.parts(plain) || isHarmless || isNamed, "\(dotted)")
    }
  }

  /// All of a model but its notes.
  private static func parts(_ model: ModelConfiguration) -> [AnyHashable] {
    [
      model.name, model.hidden, model.stack, model.normalization, model.ends, model.maximumPositions, model.dropout,
      model.storage,
    ]
  }

  private static func names(_ note: ModelNote) -> [String] {
    switch note {
    case .key(let key, _): [key]
    case .unknownKeys(let keys): keys
    default: []
    }
  }

  /// The ways to all values that are no objects.
  private static func paths(_ value: JSONValue) -> [[String]] {
    value.keys.flatMap { key -> [[String]] in
      guard let member = value[key], !member.keys.isEmpty else { return [[key]] }
      return paths(member).map { [key] + $0 }
    }
  }

  /// The text of a value, in which one has another value.
  private static func text(_ value: JSONValue?, _ path: [String], flipping target: [String]) -> String {
    guard let value else { return path == target ? "1" : "null" }
    if path == target { return flipped(value) }
    if !value.keys.isEmpty {
      let members = value.keys.map { "\"\($0)\": \(text(value[$0], path + [$0], flipping: target))" }
      return "{\(members.joined(separator: ", "))}"
    }
    if let list = try? value.array() {
      return "[\(list.map { text($0, path + ["[]"], flipping: target) }.joined(separator: ", "))]"
    }
    return (try? value.string()).map { "\"\($0)\"" } ?? value.shortText
  }

  /// The other switch, another number, another name, a list of something else.
  private static func flipped(_ value: JSONValue) -> String {
    if let isOn = try? value.bool() { return "\(!isOn)" }
    if let number = try? value.integer() { return number == 0 ? "1" : "\(2 * number)" }
    if let number = try? value.double() { return "\(number / 2)" }
    return (try? value.array()) == nil ? "\"other\"" : "[\"other\"]"
  }
}
