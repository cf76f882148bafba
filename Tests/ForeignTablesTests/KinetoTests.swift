import DataFiles
import DeviceModels
import ForeignTables
import GEMMTiming
import SeededRandom
import Testing

@Suite struct KinetoTests {
  /// One Llama layer on a GPU as Kineto writes it: products with strides of `[out, in]` weights, attention, an all-reduce.
  ///
  /// Every product stands at three levels; one has two kernels, and one kernel is known by its launch alone.
  struct Layer {
    var events: [String] = []
    var products: [(shape: [Int], microseconds: Double)] = []
    private var random = SplitMix64(seed: 29)
    private var (clock, id) = (1000.0, 10)

    static let shapes = [[512, 4096, 6144], [512, 4096, 4096], [512, 4096, 28672], [512, 14336, 4096]]

    init() {
      for (index, shape) in Self.shapes.enumerated() { product(shape, index) }
      kernel(
        "void at::native::vectorized_elementwise_kernel<4>", 20,
        operation: op("aten::silu", "[[512, 28672]]", "[[28672, 1]]", "[\"c10::BFloat16\"]"))
      kernel(
        "flash_fwd_kernel", 90,
        operation: op(
          "aten::_flash_attention_forward", "[[1, 512, 32, 128], [1, 512, 8, 128], [1, 512, 8, 128]]", "[[],[],[]]",
          "[\"c10::BFloat16\",\"c10::BFloat16\",\"c10::BFloat16\"]",
          scalars: "[\"\",\"\",\"\",\"\",\"\",\"512\",\"512\",\"0.\",\"True\",\"False\"]"))
      id += 1
      events.append(
        """
        {"ph":"X","cat":"kernel","name":"ncclDevKernel_AllReduce_Sum_bf16_RING_LL","pid":0,"tid":20,"ts":\(clock),"dur":40.5,
        "args":{"External id":\(id),"correlation":\(id),"Collective name":"allreduce","In msg nelems":2097152,
        "Out msg nelems":2097152,"Group size":8,"dtype":"BFloat16","Process Group Ranks":"[0, 1, 2, 3, 4, 5, 6, 7]"}}
        """)
    }

    private mutating func product(_ shape: [Int], _ index: Int) {
      let (m, k, n) = (shape[0], shape[1], shape[2])
      let types = "[\"c10::BFloat16\",\"c10::BFloat16\"]"
      let start = clock
      _ = op("aten::linear", "[[1,\(m),\(k)],[\(n),\(k)],[]]", "[[],[],[]]", types, at: start, lasting: 30)
      _ = op("aten::matmul", "[[1,\(m),\(k)],[\(k),\(n)]]", "[[],[]]", types, at: start + 1, lasting: 28)
      let mm = op("aten::mm", "[[\(m),\(k)],[\(k),\(n)]]", "[[\(k),1],[1,\(k)]]", types, at: start + 2, lasting: 20)
      let time = (100 + Double(random.next() % 1000)) / 8
      if index == 1 {
        kernel("nvjet_tst_128x256", time - 2, operation: mm)
        kernel("cublasLt::splitKreduce_kernel", 2, operation: mm)
      } else if index == 2 {
        id += 1
        events.append(
          "{\"ph\":\"X\",\"cat\":\"cuda_runtime\",\"name\":\"cudaLaunchKernel\",\"pid\":7,\"tid\":7,\"ts\":\(start + 5),\"dur\":2,\"args\":{\"correlation\":\(id)}}"
        )
        kernel("nvjet_tst_128x256", time, operation: nil)
      } else {
        kernel("nvjet_tst_128x256", time, operation: mm)
      }
      products.append((shape, time))
      clock += 50
    }

    private mutating func op(
      _ name: String, _ dims: String, _ strides: String, _ types: String, scalars: String = "[]",
      at start: Double? = nil,
      lasting: Double = 10
    ) -> Int {
      id += 1
      let begin = start ?? clock
      if start == nil { clock += 20 }
      events.append(
        "{\"ph\":\"X\",\"cat\":\"cpu_op\",\"name\":\"\(name)\",\"pid\":7,\"tid\":7,\"ts\":\(begin),\"dur\":\(lasting),\"args\":{\"External id\":\(id),\"Input Dims\":\(dims),\"Input Strides\":\(strides),\"Input type\":\(types),\"Concrete Inputs\":\(scalars)}}"
      )
      return id
    }

    private mutating func kernel(_ name: String, _ time: Double, operation: Int?) {
      let external = operation.map { "\"External id\":\($0)," } ?? ""
      events.append(
        "{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"\(name)\",\"pid\":0,\"tid\":7,\"ts\":\(clock),\"dur\":\(time),\"args\":{\(external)\"device\":0,\"correlation\":\(operation ?? id)}}"
      )
      clock += time
    }

    var text: String { KinetoTests.trace(events) }
  }

  static func trace(_ events: [String]) -> String {
    " {\"schemaVersion\":1,\"deviceProperties\":[{\"id\":0,\"name\":\"NVIDIA H100 80GB HBM3\"}],\"traceEvents\":[\n"
      + events.joined(separator: ",\n") + "]}"
  }

  static func rows(_ text: String, _ rows: ImportOptions.Rows) throws -> ForeignTable {
    try ForeignTable(text: text, file: "f", options: ImportOptions(device: "gpu", rows: rows))
  }

  @Test func everyProductOfALayerIsOneRowWithAllItsKernels() throws {
    let layer = Layer()
    let gemms = try Imported.gemms(layer.text)
    #expect(gemms.count == 4 && gemms.allSatisfy { $0.layout == .nt && $0.dtype == .bf16 && $0.samples == 1 })
    for (row, product) in zip(gemms, layer.products) {
      #expect([row.shape.m, row.shape.k, row.shape.n] == product.shape)
      #expect(isClose(row.seconds, product.microseconds * 1e-6), "\(row)")
    }
    #expect(gemms[0].other["source_device"] == "NVIDIA H100 80GB HBM3")
    let notes = try ForeignTable(text: layer.text, file: "f").notes.joined(separator: "\n")
    #expect(
      notes.contains("4 matrix products are 4 rows") && notes.contains("of the time of products 100.0 %"), "\(notes)")
    #expect(notes.contains("--rows collective takes 1 exchanges (40.500 µs"), "\(notes)")
    #expect(notes.contains("vectorized_elementwise_kernel<4> (1 times, 20.000 µs"), "\(notes)")
  }

  @Test func exchangesAndAttentionAreReadAsValidateReadsThem() throws {
    let text = Layer().text
    let exchange = try Imported.collectives(text, ImportOptions(device: "gpu", rows: .collective))
    #expect(exchange.map(\.bytes) == [4_194_304] && exchange.map(\.ranks) == [8])
    #expect(exchange.map(\.collective) == [.allReduce] && isClose(exchange[0].seconds, 40.5e-6))
    let attention = try MeasuredTable(CSVDocument(text: Self.rows(text, .attention).csv(), file: "back"))
    let shape = try AttentionShape(
      batch: 1, heads: 32, keyValueHeads: 8, headDimension: 128, queryLength: 512, keyLength: 512, causal: true)
    #expect(attention.kind == .attention && attention.entries.map(\.operation) == [.attention(shape, .bf16)])
    #expect(attention.entries.map { ($0.seconds * 1e9).rounded() } == [90_000])
  }

  /// The whole message is what is gathered, and what is scattered.
  @Test(arguments: [
    ("_allgather_base", 64, 512, "all_gather"), ("_reduce_scatter_base", 512, 64, "reduce_scatter"),
    ("all_to_all", 512, 512, "alltoall"),
  ])
  func theWholeMessageCounts(_ name: String, _ sent: Int, _ received: Int, _ kind: String) throws {
    let kernel =
      "{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"ncclDevKernel_Generic\",\"pid\":0,\"tid\":1,\"ts\":1,\"dur\":3,\"args\":{\"Collective name\":\"\(name)\",\"In msg nelems\":\(sent),\"Out msg nelems\":\(received),\"Group size\":8,\"dtype\":\"Half\"}}"
    let rows = try Imported.collectives(Self.trace([kernel]), ImportOptions(device: "gpu", rows: .collective))
    #expect(rows.map(\.bytes) == [1024] && rows.map(\.collective.rawValue) == [kind])
  }

  /// Operators of a CPU: a passing over rows, and products of equal shape as one row of their median.
  @Test func operatorsOfACPUAreEachCountedOnce() throws {
    var events: [String] = []
    for (index, time) in [5.0, 9, 7].enumerated() {
      let start = 100 * Double(index)
      for (name, dims, strides, begin, lasting) in [
        ("aten::linear", "[[2,8,64],[32,64],[]]", "[[512,64,1],[64,1],[]]", 0.0, 40.0),
        ("aten::matmul", "[[2,8,64],[64,32]]", "[[512,64,1],[1,64]]", 1, 30),
        ("aten::mm", "[[16,64],[64,32]]", "[[64,1],[1,64]]", 2, time),
      ] {
        events.append(
          "{\"ph\":\"X\",\"cat\":\"cpu_op\",\"name\":\"\(name)\",\"pid\":1,\"tid\":\"a\",\"ts\":\(start + begin),\"dur\":\(lasting),\"args\":{\"Input Dims\":\(dims),\"Input Strides\":\(strides),\"Input type\":[\"float\",\"float\",\"\"]}}"
        )
      }
    }
    let text = Self.trace(events)
    let rows = try Imported.gemms(text)
    #expect(rows.map(\.samples) == [3] && isClose(rows[0].seconds, 7e-6) && isClose(rows[0].minimum, 5e-6))
    let shape = try GEMMShape(m: 16, k: 64, n: 32)
    #expect(rows[0].layout == .nt && rows[0].shape == shape && rows[0].low == nil)
    let each = ImportOptions(device: "gpu", takesEveryKernel: true)
    #expect(try Imported.gemms(text, each).map { ($0.seconds * 1e6).rounded() } == [5, 9, 7])
    // What an operator spends on its own is told by name: 40 − 30 µs of linear, three times.
    let notes = try ForeignTable(text: text, file: "f", options: each).notes.joined()
    #expect(notes.contains("aten::linear (3 times, 30.000 µs, 25.0 %"), "\(notes)")
    #expect(
      notes.contains("3 matrix products are 3 rows and 21.000 µs, 17.5 % of the operators' 120.000 µs"), "\(notes)")
  }

  static let mm = """
    {"ph":"X","cat":"cpu_op","name":"aten::mm","pid":1,"tid":1,"ts":1,"dur":2,"args":{"Input Dims":[[2,3],[3,4]],
    "Input Strides":[[3,1],[4,1]],"Input type":["float","float"]}}
    """

  @Test(arguments: [
    ("\"dur\":2", "\"dur\":-2", "f:2:73: dur is -2.0; a number of microseconds of at least 0 is expected"),
    ("\"dur\":2", "\"dur\":NaN", "is NaN; a number is expected"),
    ("\"dur\":2", "\"dur\":0", "it has no duration"),
    ("\"dur\":2,", "", "dur is missing"),
    ("\"name\":\"aten::mm\"", "\"name\":7", "name is 7; a string is expected"),
    ("[[2,3],[3,4]]", "\"x\"", "is \"x\"; an array is expected"),
    ("[[2,3],[3,4]]", "[[2,3],[5,4]]", "aten::mm multiplies 2×3 by 5×4"),
    ("[[2,3],[3,4]]", "[[[2,3]],[3,4]]", "its factors are not two matrices"),
    ("[[2,3],[3,4]]", "[[2,-3],[-3,4]]", "a size is -3"),
    ("[[2,3],[3,4]]", "[[2,0],[0,4]]", "a factor is empty"),
    ("[\"float\",\"float\"]", "[\"float\",\"long int\"]", "its factors have different types"),
    ("[[3,1],[4,1]]", "[[6,2],[4,1]]", "neither dimension of it is contiguous"),
    ("\"args\":{", "\"args\":7,\"x\":{", "args is 7; an object is expected"),
    ("\"cpu_op\"", "\"python_function\"", "no event is a kernel or an operator"),
    ("{\"ph\"", "7,{\"ph\"", "is 7; an object with ph is expected"),
    ("\"float\"]}}", "\"float\"]}", "is not JSON"),
  ])
  func whatIsWrongIsOneLine(_ right: String, _ wrong: String, _ message: String) {
    let text = Self.trace([Self.mm]).components(splitBy: right).joined(separator: wrong)
    let failure = Imported.failure(text)
    #expect(failure.contains(message) && !failure.contains("\n"), "\(failure)")
  }

  @Test func otherFormatsHaveRowsOfOneKind() {
    let text = "gemm_dtype,m,n,k,latency\nfloat16,8,4,2,0.25\n"
    #expect(
      Imported.failure(text, ImportOptions(device: "g", rows: .gemm)).contains("leave out --rows gemm"))
  }
}
