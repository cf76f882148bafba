internal import DataFiles
internal import GEMMTiming

/// The arguments of an operator as Kineto records them with `record_shapes`.
struct TraceOperands {
  private let dims, types, strides, concrete: [JSONValue]?
  let event: TraceEvent

  init(_ event: TraceEvent) throws(FileError) {
    self.event = event
    dims = try event.arguments?["Input Dims"]?.array()
    types = try event.arguments?["Input type"]?.array()
    strides = try event.arguments?["Input Strides"]?.array()
    concrete = try event.arguments?["Concrete Inputs"]?.array()
  }

  /// Whether shapes were recorded at all.
  var areRecorded: Bool { dims != nil && types != nil }

  /// A tensor's sizes; nil for what is none, such as a list of tensors.
  func sizes(_ index: Int) throws(FileError) -> [Int]? {
    guard let dims, dims.indices.contains(index) else { return nil }
    return try Self.numbers(dims[index], minimum: 0)
  }

  /// A tensor's strides in elements; nil where they were not recorded.
  func steps(_ index: Int) throws(FileError) -> [Int]? {
    guard let strides, strides.indices.contains(index) else { return nil }
    return try Self.numbers(strides[index], minimum: 0)
  }

  /// The element type's C++ name; empty for what is no tensor.
  func typeName(_ index: Int) throws(FileError) -> String {
    guard let types, types.indices.contains(index) else { return "" }
    return try types[index].string()
  }

  /// A scalar as text; nil where it was not recorded.
  func scalar(_ index: Int) throws(FileError) -> String? {
    guard let concrete, concrete.indices.contains(index) else { return nil }
    return try concrete[index].string()
  }

  private static func numbers(_ value: JSONValue, minimum: Int) throws(FileError) -> [Int]? {
    var numbers: [Int] = []
    for element in try value.array() {
      // A list of tensors has their sizes within.
      if (try? element.array()) != nil { return nil }
      let number = try element.integer()
      guard number >= minimum else {
        throw element.error("a size is \(number)", remedy: "a whole number of at least \(minimum) is expected")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// The element type of a C++ name (`float`, `c10::BFloat16`) or of a `ScalarType` (`Float`, `BFloat16`), with its bytes.
  static func type(_ name: String) -> (dtype: DataType?, size: Int)? {
    switch name.hasPrefix("c10::") ? String(name.dropFirst(5)).lowercased() : name.lowercased() {
    case "float": (.fp32, 4)
    case "double": (.fp64, 8)
    case "half": (.fp16, 2)
    case "bfloat16": (.bf16, 2)
    case "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz": (.fp8, 1)
    case "signed char", "char": (.int8, 1)
    case "unsigned char", "byte", "bool": (nil, 1)
    case "short", "short int": (nil, 2)
    case "int": (nil, 4)
    case "long", "long int": (nil, 8)
    default: nil
    }
  }
}
