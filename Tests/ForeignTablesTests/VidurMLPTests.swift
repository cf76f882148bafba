import ForeignTables
import GEMMTiming
import Testing

@Suite struct VidurMLPTests {
  static let operations = [
    "emb", "input_layernorm", "attn_pre_proj", "attn_rope", "attn_post_proj", "post_attention_layernorm", "mlp_up_proj",
    "mlp_act", "mlp_down_proj", "add",
  ]
  static let header =
    operations.flatMap { name in ["min", "max", "mean", "median", "std"].map { "time_stats.\(name).\($0)" } }
    .joined(separator: ",")
    + ",n_head,n_kv_head,n_embd,n_expanded_embd,vocab_size,use_gated_mlp,num_tokens,num_tensor_parallel_workers"

  /// Operation i takes i + 1 ms, its fastest call 0.9 times that.
  static func row(_ sizes: String) -> String {
    operations.indices.map { "\(0.9 * Double($0 + 1)),99,98,\($0 + 1),97" }.joined(separator: ",") + "," + sizes
  }
  let options = ImportOptions(device: "a100-sxm-80gb", dtype: .fp16)

  @Test func theFourGEMMsHaveTheShapesOfShardedLayers() throws {
    let rows = try Imported.gemms("\(Self.header)\n\(Self.row("32,8,4096,14336,128256,True,512,2"))\n", options)
    #expect(rows.map { $0.other["op"] } == ["attn_pre_proj", "attn_post_proj", "mlp_up_proj", "mlp_down_proj"])
    #expect(
      rows.map(\.shape) == [
        // (32 + 2·8) heads of 128 over two workers; gate and up side by side.
        try GEMMShape(m: 512, k: 4096, n: 3072), try GEMMShape(m: 512, k: 2048, n: 4096),
        try GEMMShape(m: 512, k: 4096, n: 14336), try GEMMShape(m: 512, k: 7168, n: 4096),
      ])
    #expect(zip(rows.map(\.seconds), [3e-3, 5e-3, 7e-3, 9e-3]).allSatisfy { isClose($0, $1) })
    #expect(isClose(rows[0].minimum, 2.7e-3) && rows[0].dtype == .fp16 && rows[0].other["tp"] == "2")
  }

  @Test func flopsAreThoseOfTheWholeLayerOverTheWorkers() throws {
    for workers in [1, 2, 4, 8] {
      let row = Self.row("64,8,8192,28672,32000,False,100,\(workers)")
      let rows = try Imported.gemms("\(Self.header)\n\(row)\n", options)
      let flops: Double = rows.map(\.shape.flops).reduce(0, +)
      // The weights of QKV with 8 groups of keys and values, projection and the two MLP matrices.
      let weights = Double(8192 * (8192 + 2 * 1024) + 8192 * 8192 + 2 * 8192 * 28672)
      #expect(flops * Double(workers) == 200 * weights)
    }
  }

  @Test func whatTheFileDoesNotSayIsAskedFor() {
    let text = "\(Self.header)\n\(Self.row("32,8,4096,14336,128256,True,512,2"))\n"
    let message = "f: does not name the element type; give --dtype; Vidur's profiler runs its model in fp16"
    #expect(Imported.failure(text) == message)
    #expect(Imported.failure(text, ImportOptions(dtype: .fp16)).contains("give --device NAME"))
  }

  @Test(arguments: [
    ("32,8,4096,14336,1,True,512,3", "num_tensor_parallel_workers is 3; a divisor of n_head, 32, is expected"),
    ("32,2,4096,14336,1,True,512,4", "num_tensor_parallel_workers is 4; a divisor of n_kv_head, 2, is expected"),
    ("33,8,4096,14336,1,True,512,1", "n_head is 33; a divisor of n_embd, 4096, is expected"),
    ("32,8,4096,14336,1,maybe,512,1", "use_gated_mlp is maybe; True or False is expected"),
    ("32,8,4096,14336,1,True,0,1", "num_tokens is 0; a whole number from 1"),
    ("1,1,1099511627776,1099511627776,1,True,1,1", "a layer of these sizes is too wide"),
    ("1,1099511627776,1024,1024,1,True,1,1", "a layer of these sizes is too wide"),
  ])
  func sizesThatMakeNoLayerAreErrors(sizes: String, message: String) {
    let failure = Imported.failure("\(Self.header)\n\(Self.row(sizes))\n", options)
    #expect(failure.hasPrefix("f:2:") && failure.contains(message), "\(failure)")
  }

  @Test func unknownOperationsAndStatisticsAreErrors() {
    for wrong in ["time_stats.moe.median", "time_stats.add.p99", "colour"] {
      let text = "\(wrong),\(Self.header)\n1,\(Self.row("32,8,4096,14336,128256,True,512,2"))\n"
      #expect(Imported.failure(text, options).hasPrefix("f:1:1: column \(wrong) is not known"))
    }
  }
}
