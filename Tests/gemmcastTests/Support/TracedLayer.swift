import DataFiles
import Foundation

/// A trace of one step on a GPU, as PyTorch's profiler writes it, made of a forecast's critical path.
///
/// Products are `aten::mm` within `linear` and `matmul`, exchanges NCCL kernels with arguments; between kernels the GPU
/// is idle for a microsecond.
struct TracedLayer {
  private(set) var events: [String] = []
  /// Microseconds of all kernels, and how many there are.
  private(set) var microseconds = 0.0
  private(set) var kernels = 0
  private var clock = 5157494468000.0
  private var id = 100

  /// Tokens and hidden elements of the layer's activations.
  private let tokens, hidden, heads, keyValueHeads, ranks: Int

  init(tokens: Int, hidden: Int, heads: Int, keyValueHeads: Int, ranks: Int) {
    (self.tokens, self.hidden, self.ranks) = (tokens, hidden, ranks)
    (self.heads, self.keyValueHeads) = (heads / ranks, keyValueHeads / ranks)
  }

  /// Adds the nodes of `estimate --format csv`, each so many times as long as it is forecast.
  mutating func add(_ path: CSVDocument, factor: (String) -> Double = { _ in 1 }) throws {
    let (name, time) = (try path.requiredColumn("op"), try path.requiredColumn("time_us"))
    let shape = try ["m", "k", "n"].map { try path.requiredColumn($0) }
    for row in path.rows {
      let microseconds = (Double(row[time]) ?? 0) * factor(row[name])
      guard microseconds > 0 else { continue }
      let extents = shape.compactMap { Int(row[$0]) }
      if extents.count == 3 {
        product(extents, microseconds)
      } else if row[name] == "attn_fused" {
        attention(microseconds)
      } else if row[name].hasSuffix("_allreduce") {
        exchange("allreduce", elements: tokens * hidden, "BFloat16", microseconds)
      } else if row[name].hasPrefix("broadcast") {
        exchange("broadcast", elements: tokens, "Int", microseconds)
      } else {
        let isNorm = row[name].hasPrefix("ln") || row[name].hasSuffix("norm")
        run(isNorm ? "rms_norm_kernel" : "vectorized_elementwise_kernel", microseconds, by: nil)
      }
    }
  }

  private mutating func product(_ shape: [Int], _ microseconds: Double) {
    let (m, k, n) = (shape[0], shape[1], shape[2])
    _ = operation("aten::linear", "[[1,\(m),\(k)],[\(n),\(k)],[]]", "[[],[],[]]", after: 0, lasting: 30)
    _ = operation("aten::matmul", "[[1,\(m),\(k)],[\(k),\(n)]]", "[[],[]]", after: 1, lasting: 28)
    let caller = operation("aten::mm", "[[\(m),\(k)],[\(k),\(n)]]", "[[\(k),1],[1,\(k)]]", after: 2, lasting: 20)
    run("nvjet_tst_128x256_64x4_2x1_v_bz_TNT", microseconds, by: caller)
  }

  private mutating func attention(_ microseconds: Double) {
    let (query, key) = ("[1,\(tokens),\(heads),128]", "[1,\(tokens),\(keyValueHeads),128]")
    let caller = operation(
      "aten::_flash_attention_forward", "[\(query),\(key),\(key)]", "[[],[],[]]", after: 0, lasting: 20,
      scalars: "[\"\",\"\",\"\",\"\",\"\",\"\(tokens)\",\"\(tokens)\",\"0.\",\"True\",\"False\"]")
    run("void pytorch_flash::flash_fwd_kernel<Flash_fwd_kernel_traits>", microseconds, by: caller)
  }

  private mutating func exchange(_ name: String, elements: Int, _ type: String, _ microseconds: Double) {
    run(
      "ncclDevKernel_\(name)_RING_LL(ncclDevKernelArgsStorage<4096ul>)", microseconds, by: nil,
      arguments: "\"Collective name\":\"\(name)\",\"In msg nelems\":\(elements),\"Out msg nelems\":\(elements),"
        + "\"Group size\":\(ranks),\"dtype\":\"\(type)\",")
  }

  private mutating func operation(
    _ name: String, _ dims: String, _ strides: String, after: Double, lasting: Double, scalars: String = "[]"
  ) -> Int {
    id += 1
    let types = Array(repeating: "\"c10::BFloat16\"", count: 3).joined(separator: ",")
    events.append(
      "{\"ph\":\"X\",\"cat\":\"cpu_op\",\"name\":\"\(name)\",\"pid\":7,\"tid\":7,\"ts\":\(clock + after),\"dur\":\(lasting),"
        + "\"args\":{\"External id\":\(id),\"Input Dims\":\(dims),\"Input Strides\":\(strides),\"Input type\":[\(types)],"
        + "\"Concrete Inputs\":\(scalars)}}")
    return id
  }

  private mutating func run(_ kernel: String, _ microseconds: Double, by caller: Int?, arguments: String = "") {
    let external = caller.map { "\"External id\":\($0)," } ?? ""
    events.append(
      "{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"\(kernel)\",\"pid\":0,\"tid\":7,\"ts\":\(clock),\"dur\":\(microseconds),"
        + "\"args\":{\(external)\(arguments)\"device\":0,\"stream\":7}}")
    clock += microseconds + 1
    kernels += 1
    self.microseconds += microseconds
  }

  /// The trace.
  var text: String {
    " {\n\"schemaVersion\":1,\"deviceProperties\":[{\"id\":0,\"name\":\"NVIDIA H100 80GB HBM3\"}],\"record_shapes\":1,"
      + "\"distributedInfo\":{\"backend\":\"nccl\",\"rank\":0,\"world_size\":\(ranks)},\n\"traceEvents\":[\n"
      + events.joined(separator: ",\n") + "\n]}"
  }
}
