/// One value of a ``JSONDocument``: typed access with errors that point at the value.
public struct JSONValue: Sendable {
  let node: JSONNode
  let file: String
  /// How the value is reached from the root, for messages: `links.intra_node`.
  let path: JSONPath

  /// The keys of an object in the file's order; empty for anything else.
  public var keys: [String] {
    guard case .object(let members) = node.content else { return [] }
    return members.map(\.key)
  }

  /// Whether the value is `null`.
  public var isNull: Bool {
    if case .bare("null") = node.content { return true }
    return false
  }

  /// A member of an object; nil when it is absent or null.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = node.content, let member = members.last(where: { $0.key == key }) else {
      return nil
    }
    let value = JSONValue(node: member.value, file: file, path: .member(path, key))
    return value.isNull ? nil : value
  }

  /// A member that must be there.
  ///
  /// - Throws: ``FileError`` that names the missing key and the object's place.
  public func required(_ key: String) throws(FileError) -> JSONValue {
    guard case .object = node.content else { throw mismatch(expected: "an object with \(key)") }
    if let value = self[key] { return value }
    throw error("\(JSONPath.member(path, key).text) is missing", remedy: "add it")
  }

  /// The elements of an array.
  public func array() throws(FileError) -> [JSONValue] {
    guard case .array(let elements) = node.content else { throw mismatch(expected: "an array") }
    return elements.enumerated().map { JSONValue(node: $1, file: file, path: .element(path, $0)) }
  }

  /// A string.
  public func string() throws(FileError) -> String {
    guard case .string(let text) = node.content else { throw mismatch(expected: "a string") }
    return text
  }

  /// A finite number.
  public func double() throws(FileError) -> Double {
    guard case .bare(let text) = node.content else { throw mismatch(expected: "a number") }
    // Most numbers of long lists are whole, and read far faster as such; zero can have a sign.
    if let whole = Int(text), whole != 0 { return Double(whole) }
    guard let number = Double(text), number.isFinite else { throw mismatch(expected: "a number") }
    return number
  }

  /// A whole number that fits `Int` (`8192` or `8192.0`).
  public func integer() throws(FileError) -> Int {
    guard case .bare(let text) = node.content, let number = Int(text) ?? Double(text).flatMap(Int.init(exactly:))
    else { throw mismatch(expected: "a whole number") }
    return number
  }

  /// `true` or `false`.
  public func bool() throws(FileError) -> Bool {
    switch node.content {
    case .bare("true"): return true
    case .bare("false"): return false
    default: throw mismatch(expected: "true or false")
    }
  }

  /// An error at this value.
  public func error(_ problem: String, remedy: String = "") -> FileError {
    FileError(.malformed, file: file, line: node.line, column: node.column, problem: problem, remedy: remedy)
  }

  private func mismatch(expected: String) -> FileError {
    let name = path.text
    return error(
      "\(name.isEmpty ? "the file" : Self.shortened(name)) is \(shortText)", remedy: "\(expected) is expected")
  }

  /// The value as a message shows it: strings in quotation marks, long ones cut, arrays and objects by their kind.
  public var shortText: String {
    switch node.content {
    case .string(let text): "\"\(Self.shortened(text))\""
    case .bare(let text): Self.shortened(text)
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// A text as a message shows it: of more than 80 characters the first ones.
  public static func shortened(_ text: String) -> String {
    text.count <= 80 ? text : "\(text.prefix(77))…"
  }

  /// Whether the value says that something is not there: null, false, 0, or a string, array or object without contents.
  public var isUnset: Bool {
    switch node.content {
    case .string(let text): text.isEmpty
    case .bare(let text): text == "null" || text == "false" || Double(text) == 0
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    }
  }
}

/// How a value is reached from the root: it becomes text only in a message.
indirect enum JSONPath: Sendable {
  case root
  case member(JSONPath, String)
  case element(JSONPath, Int)

  /// `links.intra_node`, `kinds[2]`; empty for the root.
  var text: String {
    switch self {
    case .root: return ""
    case .element(let list, let index): return "\(list.text)[\(index)]"
    case .member(let object, let key):
      let name = object.text
      return name.isEmpty ? key : "\(name).\(key)"
    }
  }
}
