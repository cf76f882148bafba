public import GEMMTiming

/// Something that a model's file says and that forecasts leave out of account or read in a simpler way.
public enum ModelNote: Hashable, Sendable {
  /// Keys of the file that are not known, in its order.
  case unknownKeys([String])
  /// A key and what it means for a forecast, as a sentence without its end.
  case key(String, meaning: String)
  /// How weights are stored: the key, the method, and the bits of a weight where they are said.
  case quantized(key: String, method: String, bits: Int?)
  /// The element type that the file states for weights and activations.
  case elementType(key: String, DataType)

  /// Whether the note says something about a plan.
  func applies(to plan: ParallelPlan) -> Bool {
    switch self {
    case .unknownKeys, .key: true
    case .quantized(_, _, let bits): bits.map { $0 != plan.types.weight.bits } ?? true
    case .elementType(_, let type): type.size != plan.types.activation.size
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
    case .quantized(let key, let method, let bits):
      "\(key) is \(method)\(bits.map { " with \($0) bits a weight" } ?? ""), and the step's weights are stored otherwise"
        + (bits == nil ? ": what it means is not known here; --weight-dtype says it" : "")
    case .elementType(let key, let type):
      "\(key) is \(type.rawValue), but the step is of another element type; --dtype \(type.rawValue) is the file's"
    }
  }
}
