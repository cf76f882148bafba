public import GEMMTiming

/// Something that a model's file says and that forecasts leave out of account or read in a simpler way.
public enum ModelNote: Hashable, Sendable {
  /// Keys of the file that are not known, in its order.
  case unknownKeys([String])
  /// A key and what it means for a forecast, as a sentence without its end.
  case key(String, meaning: String)
  /// The key of a window, the tokens that attention sees through it, and in how many of the model's layers.
  case slidingWindow(key: String, tokens: Int, layers: Int, of: Int)
  /// How weights are stored: the key, the method, and the bits of a weight where they are said.
  case quantized(key: String, method: String, bits: Int?)
  /// The element type that the file states for weights and activations.
  case elementType(key: String, DataType)

  /// Whether the note says something about a plan.
  func applies(to plan: ParallelPlan) -> Bool {
    switch self {
    case .unknownKeys, .key: true
    case .slidingWindow(_, let tokens, _, _): plan.sequence > tokens
    case .quantized(_, _, let bits): bits != 8 * plan.dtype.size
    case .elementType(_, let type): plan.dtype.size > 1 && type.size != plan.dtype.size
    }
  }
}

extension ModelNote: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .unknownKeys(let keys):
      "\(keys.count == 1 ? "a key" : "keys") of the model's file that \(keys.count == 1 ? "is" : "are") not known here "
        + "and left out of account: \(keys.joined(separator: ", "))"
    case .key(let key, let meaning): "\(key) \(meaning)"
    case .slidingWindow(let key, let tokens, let layers, let all):
      "\(key) is \(tokens), and is not modeled: \(layers == all ? "attention" : "attention of \(layers) of \(all) layers") "
        + "sees no more tokens than that, but is counted over the whole sequence, in time and in the KV cache"
    case .quantized(let key, let method, let bits):
      "\(key) is \(method)\(bits.map { " with \($0) bits a weight" } ?? ""), and is not modeled: weights, their traffic "
        + "and their products count in the step's element type"
        + (bits == 8 ? "; --dtype fp8 or int8 is near, but counts everything in 1 byte" : "")
    case .elementType(let key, let type):
      "\(key) is \(type.rawValue), but the step is of another element type; --dtype \(type.rawValue) is the file's"
    }
  }
}
