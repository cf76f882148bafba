/// A JSON file whose every value knows its line and column.
///
/// ``JSONReader`` notes where each value begins, which `JSONDecoder` does not, so that an error can say
/// `config.json:12:20`. Only of a text that it does not take is Foundation asked, for what is wrong with it.
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
  ///
  /// O(size of the text).
  public init(text: String, file: String) throws(FileError) {
    var reader = JSONReader(text)
    do throws(JSONReader.Fault) {
      root = JSONValue(node: try reader.document(), file: file, path: .root)
    } catch {
      throw Self.error(error, in: text, file: file)
    }
  }
}

/// A parsed value.
struct JSONNode: Sendable {
  enum Content: Sendable {
    case string(String)
    /// A number, true, false or null, as written.
    case bare(String)
    case array([JSONNode])
    case object([(key: String, value: JSONNode)])
  }
  let content: Content
  let line: Int
  let column: Int
}
