internal import DataFiles
internal import GEMMTiming

/// What an operator of PyTorch does, by its schema in `aten/src/ATen/native/native_functions.yaml`.
///
/// `aten::linear` and `aten::matmul` are none of these: they call one of these for the same product.
enum TraceOperator {
  /// Which of its arguments are the factors.
  case product(Int, Int)
  /// Queries, keys and values come first; where the mask's flag stands, whether heads come before positions, and whether
  /// a causal mask ends in the last key.
  case attention(variant: String, causal: Int, headsFirst: Bool, endsInLastKey: Bool)
  /// A pass over rows as long as the argument `weight`, or the last dimension where there is none.
  case pass(MemoryTraffic.Kind, weights: [Int])
  /// An exchange on a CPU, by gloo.
  case exchange(Communication.Kind)

  init?(_ name: String) {
    guard let known = Self.known[name] else { return nil }
    self = known
  }

  /// Of which kind the operator's kernels are.
  var kind: KernelKind {
    switch self {
    case .product: .gemm
    case .attention: .attention
    case .pass(let kind, _): kind == .layerNorm || kind == .rmsNorm ? .norm : .elementwise
    case .exchange: .collective
    }
  }

  private static let known: [String: TraceOperator] = [
    "aten::mm": .product(0, 1), "aten::bmm": .product(0, 1), "aten::addmm": .product(1, 2),
    "aten::baddbmm": .product(1, 2), "aten::_addmm_activation": .product(1, 2), "aten::_scaled_mm": .product(0, 1),
    "aten::_int_mm": .product(0, 1),
    "aten::_scaled_dot_product_flash_attention": .attention(
      variant: "flash", causal: 4, headsFirst: true, endsInLastKey: true),
    "aten::_scaled_dot_product_flash_attention_for_cpu": .attention(
      variant: "flash", causal: 4, headsFirst: true, endsInLastKey: false),
    "aten::_scaled_dot_product_efficient_attention": .attention(
      variant: "efficient", causal: 6, headsFirst: true, endsInLastKey: false),
    "aten::_scaled_dot_product_cudnn_attention": .attention(
      variant: "cudnn", causal: 6, headsFirst: true, endsInLastKey: false),
    "aten::_flash_attention_forward": .attention(
      variant: "flash", causal: 8, headsFirst: false, endsInLastKey: true),
    "aten::_efficient_attention_forward": .attention(
      variant: "efficient", causal: 9, headsFirst: false, endsInLastKey: false),
    "aten::_cudnn_attention_forward": .attention(
      variant: "cudnn", causal: 10, headsFirst: true, endsInLastKey: false),
    "flash_attn::_flash_attn_forward": .attention(
      variant: "flash-attn", causal: 5, headsFirst: false, endsInLastKey: true),
    "aten::native_layer_norm": .pass(.layerNorm, weights: [2, 3]),
    "aten::_fused_rms_norm": .pass(.rmsNorm, weights: [2]), "aten::_softmax": .pass(.softmax, weights: []),
    "aten::gelu": .pass(.gelu, weights: []),
    "gloo:all_reduce": .exchange(.allReduce), "gloo:all_gather": .exchange(.allGather),
    "gloo:reduce_scatter": .exchange(.reduceScatter), "gloo:all_to_all": .exchange(.allToAll),
    "gloo:broadcast": .exchange(.broadcast),
  ]
}

/// What is known of one call of an operator.
enum TraceReading {
  case work(TraceWork)
  case unknown(String)
}

extension TraceOperator {
  /// What a call did, or why that is not known; `ranks` are those of the program where it says so.
  ///
  /// - Throws: `FileError` where the arguments are not as Kineto writes them.
  func reading(_ event: TraceEvent, ranks: Int?) throws(FileError) -> TraceReading {
    let operands = try TraceOperands(event)
    guard operands.areRecorded else { return .unknown("no shapes were recorded (record_shapes=True records them)") }
    switch self {
    case .product(let a, let b): return try Self.product(operands, a, b)
    case .attention(let variant, let causal, let headsFirst, let endsInLastKey):
      return try Self.attention(operands, variant, causal: causal, headsFirst, endsInLastKey)
    case .pass(let kind, let weights): return try Self.pass(operands, kind, weights)
    case .exchange(let kind): return try Self.exchange(operands, kind, ranks)
    }
  }

  private static func product(_ operands: TraceOperands, _ a: Int, _ b: Int) throws(FileError) -> TraceReading {
    guard let left = try operands.sizes(a), let right = try operands.sizes(b), left.count == right.count,
      left.count == 2 || left.count == 3
    else { return .unknown("its factors are not two matrices") }
    let batch = left.count == 3 ? left[0] : 1
    let (m, k, n) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
    guard right[right.count - 2] == k, left.count == 2 || right[0] == batch else {
      throw operands.event.value.error(
        "\(operands.event.name) multiplies \(m)×\(k) by \(right[right.count - 2])×\(n)",
        remedy: "factors that fit each other are expected")
    }
    let (name, other) = (try operands.typeName(a), try operands.typeName(b))
    guard name == other || TraceOperands.type(name)?.dtype == TraceOperands.type(other)?.dtype else {
      return .unknown("its factors have different types, \(name) and \(other)")
    }
    guard let dtype = TraceOperands.type(name)?.dtype else {
      return .unknown("the type \(name) has no counterpart here")
    }
    guard let shape = try? GEMMShape(m: m, k: k, n: n, batch: batch) else { return .unknown("a factor is empty") }
    guard let first = transposes(try operands.steps(a), rows: m, columns: k),
      let second = transposes(try operands.steps(b), rows: k, columns: n)
    else { return .unknown("a factor's strides are unknown, or neither dimension of it is contiguous") }
    return .work(.gemm(shape, dtype, OperandLayout(transposesA: first, transposesB: second)))
  }

  /// Whether a matrix lies the other way; nil where neither dimension is contiguous.
  ///
  /// A dimension of one element has no
  /// stride that counts.
  private static func transposes(_ strides: [Int]?, rows: Int, columns: Int) -> Bool? {
    guard let strides, strides.count >= 2 else { return nil }
    if strides[strides.count - 1] == 1 || columns == 1 && rows == 1 { return false }
    if strides[strides.count - 2] == 1 { return true }
    return columns == 1 || rows == 1 ? false : nil
  }

  private static func attention(
    _ operands: TraceOperands, _ variant: String, causal: Int, _ headsFirst: Bool, _ endsInLastKey: Bool
  ) throws(FileError) -> TraceReading {
    guard let queries = try operands.sizes(0), let keys = try operands.sizes(1), let values = try operands.sizes(2),
      queries.count == 4, keys.count == 4, values.count == 4
    else { return .unknown("queries, keys and values are not of four dimensions, as packed sequences are not") }
    let (head, position) = headsFirst ? (1, 2) : (2, 1)
    let flag = try operands.scalar(causal)
    guard let flag, !flag.isEmpty else { return .unknown("whether it is causal was not recorded") }
    let isCausal = flag != "False" && flag != "0"
    let (asking, seen) = (queries[position], keys[position])
    // Rows of tables are causal, the last query seeing all keys: one query without a mask does.
    let fits =
      isCausal ? asking == seen || endsInLastKey && asking < seen : asking == 1
    guard fits else {
      return .unknown(isCausal ? "its mask does not end in the last key" : "it is not causal, as rows of tables are")
    }
    let name = try operands.typeName(0)
    guard let dtype = TraceOperands.type(name)?.dtype else {
      return .unknown("the type \(name) has no counterpart here")
    }
    guard values[3] == queries[3], keys[3] == queries[3],
      let shape = try? AttentionShape(
        batch: queries[0], heads: queries[head], keyValueHeads: keys[head], headDimension: queries[3],
        queryLength: asking, keyLength: seen, causal: true)
    else { return .unknown("queries and values are of different lengths, or empty") }
    return .work(.attention(shape, dtype, variant: variant))
  }

  private static func pass(
    _ operands: TraceOperands, _ kind: MemoryTraffic.Kind, _ weights: [Int]
  ) throws(FileError) -> TraceReading {
    guard let sizes = try operands.sizes(0), let last = sizes.last, let elements = volume(sizes), elements > 0 else {
      return .unknown("its input is empty, or no tensor")
    }
    let name = try operands.typeName(0)
    guard let type = TraceOperands.type(name), let dtype = type.dtype else {
      return .unknown("the type \(name) has no counterpart here")
    }
    var columns = last
    var read = elements * type.size
    for index in weights {
      guard let weight = try operands.sizes(index), !weight.isEmpty, let length = volume(weight), length > 0 else {
        continue
      }
      guard elements.isMultiple(of: length) else { return .unknown("its weight does not fit its input") }
      columns = length
      read += length * (TraceOperands.type(try operands.typeName(index))?.size ?? type.size)
    }
    if kind == .softmax {
      let dimension = try operands.scalar(1).flatMap { Int($0) }
      guard dimension == -1 || dimension == sizes.count - 1 else { return .unknown("its rows are not contiguous") }
    }
    let isWidened = kind == .softmax ? try operands.scalar(2) == "True" : false
    let written = elements * (isWidened ? 4 : type.size)
    return .work(
      .pass(kind, dtype, rows: elements / columns, columns: columns, read: read, written: written))
  }

  /// gloo tells what a rank hands in; the whole message of a gathering is that of all ranks.
  private static func exchange(
    _ operands: TraceOperands, _ kind: Communication.Kind, _ ranks: Int?
  ) throws(FileError) -> TraceReading {
    guard let sizes = try operands.sizes(0), let elements = volume(sizes), elements > 0 else {
      return .unknown("its buffer is not one tensor")
    }
    let name = try operands.typeName(0)
    guard let type = TraceOperands.type(name) else { return .unknown("the type \(name) has no counterpart here") }
    guard let ranks, ranks > 1 else { return .unknown("how many ranks took part is not told: give --ranks") }
    let bytes = elements.multipliedReportingOverflow(by: type.size * (kind == .allGather ? ranks : 1))
    guard !bytes.overflow else { return .unknown("its buffer is too large") }
    return .work(.collective(kind, bytes: bytes.partialValue, ranks: ranks, type: name))
  }

  /// Elements of a tensor; nil for more than any device holds.
  private static func volume(_ sizes: [Int]) -> Int? {
    var volume = 1
    for size in sizes {
      let product = volume.multipliedReportingOverflow(by: size)
      guard !product.overflow, product.partialValue <= GEMMShape.maximumExtent else { return nil }
      volume = product.partialValue
    }
    return volume
  }
}
