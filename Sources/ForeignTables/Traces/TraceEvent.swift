internal import DataFiles

/// An event with a duration of a Chrome trace, as PyTorch's Kineto writes it.
///
/// Keys and categories: pytorch/kineto `libkineto/src/output_json.cpp` and `ActivityType.h`; times are microseconds.
struct TraceEvent {
  enum Category: String {
    case operation = "cpu_op"
    case annotation = "user_annotation"
    case kernel
    case copy = "gpu_memcpy"
    case fill = "gpu_memset"
    case runtime = "cuda_runtime"
    case driver = "cuda_driver"

    /// Whether it is time of a GPU.
    var isDevice: Bool { self == .kernel || self == .copy || self == .fill }
    /// Whether it launches what a GPU does.
    var isLaunch: Bool { self == .runtime || self == .driver }
  }

  let name: String
  let category: Category
  /// Process and thread, which are numbers or, of the profiler's own, strings.
  let thread: String
  /// Seconds.
  let start, duration: Double
  /// The operator that it belongs to.
  let external: Int?
  /// What ties a kernel to its launch.
  let correlation: Int?
  let value: JSONValue
  let arguments: JSONValue?

  var end: Double { start + duration }

  /// Reads one; nil for what has no duration or is none of these.
  init?(_ value: JSONValue) throws(FileError) {
    // Whatever is no object has no key ph, and says so.
    guard try value.required("ph").string() == "X", let named = value["cat"],
      let category = Category(rawValue: try named.string())
    else { return nil }
    (self.value, self.category) = (value, category)
    name = try value.required("name").string()
    thread = "\(value["pid"]?.shortText ?? "")/\(value["tid"]?.shortText ?? "")"
    start = try value.required("ts").double() * 1e-6
    let duration = try value.required("dur")
    let microseconds = try duration.double()
    guard microseconds >= 0 else {
      throw duration.error("dur is \(microseconds)", remedy: "a number of microseconds of at least 0 is expected")
    }
    self.duration = microseconds * 1e-6
    arguments = value["args"]
    if let arguments, arguments.keys.isEmpty, !arguments.isUnset {
      throw arguments.error("args is \(arguments.shortText)", remedy: "an object is expected")
    }
    external = try arguments?["External id"]?.integer()
    correlation = try arguments?["correlation"]?.integer()
  }

  /// The number of the GPU of a kernel; nil where it does not tell.
  func device() throws(FileError) -> Int? { try arguments?["device"]?.integer() }
}
