internal import Foundation
internal import Yams

/// A JSON file whose every value knows its line and column.
///
/// Foundation judges whether the text is JSON; libyaml (JSON is YAML) then gives the position of each value, which
/// `JSONDecoder` does not, so that an error can say `config.json:12:20`.
public struct JSONDocument: Sendable {
  /// The outermost value.
  public let root: JSONValue

  /// Reads a JSON file.
  ///
  /// A comma before a closing bracket is let pass, as are `Infinity` and `NaN`, which Python writes; a key that stands
  /// twice in an object is refused.
  ///
  /// - Throws: ``FileError`` for a missing file or text that is not JSON.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(text: TextFile.read(path, limit: TextFile.largestJSON), file: path)
  }

  /// Parses JSON text; `file` names it in errors.
  public init(text: String, file: String) throws(FileError) {
    if Self.judge(text) != nil {
      // Only where something is wrong: files of megabytes are walked through once.
      let plain = Self.withPlainNumbers(text)
      if let error = Self.judge(plain) { throw Self.fault(error, in: plain, file: file) }
    }
    let node: Node?
    do {
      let yaml = Self.withoutSurrogatePairs(text)
      do {
        node = try Yams.compose(yaml: yaml)
      } catch {
        guard let again = try? Yams.compose(yaml: Self.inYAMLsTerms(yaml)) else { throw error }
        node = again
      }
    } catch {
      throw Self.fault(error, file: file)
    }
    guard let node else {
      throw FileError(.malformed, file: file, problem: "is empty", remedy: "a JSON object is expected")
    }
    root = JSONValue(node: JSONNode(node), file: file, path: "")
  }

  /// What Foundation finds wrong; nil for JSON.
  private static func judge(_ text: String) -> NSError? {
    do {
      _ = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
      return nil
    } catch {
      return error as NSError
    }
  }
}

/// The shape of a parsed value, free of the parser's own types.
struct JSONNode: Sendable {
  enum Content: Sendable {
    case string(String)
    /// A number, true, false or null, as written.
    case bare(String)
    case array([JSONNode])
    case object([(key: String, value: JSONNode)])
  }
  var content: Content
  var line: Int
  var column: Int

  init(_ node: Node) {
    line = node.mark?.line ?? 1
    column = node.mark?.column ?? 1
    switch node {
    case .scalar(let scalar):
      content = scalar.style == .doubleQuoted ? .string(scalar.string) : .bare(scalar.string)
    case .sequence(let sequence): content = .array(sequence.map(JSONNode.init))
    case .mapping(let mapping): content = .object(mapping.map { ($0.key.string ?? "", JSONNode($0.value)) })
    case .alias: content = .bare("null")  // unreachable: JSON has no aliases
    }
  }
}
