import DataFiles
import Foundation
import GEMMTiming
import Testing

/// The built binary runs layers of tiny models; no figure of time is looked at but for its presence.
@Suite(.serialized) struct ReplayCommandTests {
  let folder: TemporaryFolder
  let table: String
  let llama: String
  let gpt2: String
  let mixtral: String

  init() throws {
    folder = try TemporaryFolder()
    table = try PlantedHost.fitted()
    llama = try folder.file("llama.json", TinyConfigurations.llama)
    gpt2 = try folder.file("gpt2.json", TinyConfigurations.gpt2)
    mixtral = try folder.file("mixtral.json", TinyConfigurations.mixtral)
  }

  private func replay(_ arguments: [String]) throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      ["replay", "--table", table, "--core-type", "inherit", "--budget", "0.05", "--seq", "12"] + arguments)
  }

  private func json(_ arguments: [String]) throws -> JSONValue {
    let result = try replay(arguments + ["--format", "json"])
    #expect(result.status == 0, "\(result.diagnostics)")
    return try JSONDocument(text: result.output, file: "replay").root
  }

  private func output(_ arguments: [String]) throws -> [Double] {
    try json(arguments).required("output").required("values").array().map { try $0.double() }
  }

  private func names(_ report: JSONValue) throws -> [String] {
    try report.required("operations").array().map { try $0.required("name").string() }
  }

  @Test func theOperationsAreTheDAGs() throws {
    #expect(
      try names(json([llama])) == [
        "ln1", "qkv_linear", "rope", "attn_heads", "attn_score", "attn_weights", "attn_out", "attn_gather", "attn_proj",
        "res1", "ln2", "mlp1", "swiglu", "mlp2", "res2",
      ])
    #expect(
      try names(json([gpt2])) == [
        "ln1", "qkv_linear", "attn_heads", "attn_score", "attn_weights", "attn_out", "attn_gather", "attn_proj", "res1",
        "ln2", "mlp1", "gelu", "mlp2", "res2",
      ])
    let experts = try names(json([mixtral]))
    for name in ["mlp_router", "mlp_topk", "mlp_permute", "mlp1", "mlp2", "mlp_unpermute"] {
      #expect(experts.contains(name))
    }
  }

  @Test func everyFormatHasAllOperations() throws {
    let text = try replay([llama])
    #expect(text.status == 0, "\(text.diagnostics)")
    let lines = text.output.split(separator: "\n").map(String.init)
    #expect(lines.first?.hasPrefix("Replay of ") == true)
    #expect(text.output.contains("forward, 1 sequence of 12 tokens: a layer took"))
    #expect(text.output.contains("the interval."))
    #expect(text.output.contains("Layers only"))
    for format in ["markdown", "html", "csv"] {
      let result = try replay([llama, "--format", format])
      #expect(result.status == 0, "\(result.diagnostics)")
      for name in ["rope", "swiglu", "attn_weights"] { #expect(result.output.contains(name), "\(format) \(name)") }
    }
    let csv = try CSVDocument(text: replay([llama, "--format", "csv"]).output, file: "replay.csv")
    #expect(csv.rows.count == 15 + 3)
    let column = try #require(csv.header.firstIndex(of: "measured_us"))
    #expect(csv.rows.allSatisfy { (Double($0[column]) ?? -1) >= 0 })
    let setting = try json([llama]).required("setting")
    #expect(try setting.required("weights").string() == "out-in" && setting.required("ranks").integer() == 1)
    #expect(try !setting.required("kernel").string().isEmpty)
  }

  /// What ranks compute together does not depend on how many they are, nor on how weights lie.
  @Test(arguments: [["--mode", "forward"], ["--mode", "prefill"], ["--mode", "decode", "--batch", "3"]])
  func ranksAndLayoutsGiveTheSame(work: [String]) throws {
    for model in [llama, gpt2, mixtral] {
      let one = try output([model] + work)
      #expect(!one.isEmpty)
      for other in [["--tp", "2"], ["--weights", "in-out"]] {
        let found = try output([model] + work + other)
        #expect(found.count == one.count)
        let worst = zip(found, one).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 1e-4, "\(model) \(work) \(other): off by \(worst)")
      }
      #expect(try output([model, "--seed", "2"] + work) != one)
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1))
  func threadsOfOneRankHaveACoreEach() throws {
    var rows = try PlantedHost.table()
    for index in rows.rows.indices { rows.rows[index].threads = 2 }
    let two = [llama, "--threads", "2", "--table", try folder.file("two.csv", rows.csv())]
    let report = try json(two)
    let setting = try report.required("setting")
    #expect(try setting.required("threads").integer() == 2)
    let bound = try setting.required("hardware_threads").array().map { try $0.integer() }
    #expect(bound.count == 2 && Set(bound).count == 2)
    #expect(zip(try output([llama]), try output(two)).allSatisfy { abs($0 - $1) < 1e-4 })
    // Ranks are told to share the way to memory, as streams of one thread and of two say.
    let ranks = try json([llama, "--tp", "2", "--table", two[4]]).required("assumptions").array()
    #expect(try ranks.contains { try $0.string().contains("Ranks share the way to memory") })
  }

  @Test func theClocksTimeStandsBesideThatOnCoresOfTheirOwn() throws {
    let report = try json([llama])
    let own = try report.required("layer").required("measured_us").double()
    let clock = try report.required("layer_clock_us").double()
    let excess = try report.required("excess").double()
    #expect(own > 0 && abs(excess - clock / own) < 1e-6)
    let words = try report.required("assumptions").array().map { try $0.string() }.joined(separator: "\n")
    #expect(words.contains("the layer had them to itself") || words.contains("times as long as on cores of its own"))
  }

  @Test func exchangesAreMeasuredAndNotForecast() throws {
    let report = try json([llama, "--tp", "2"])
    let exchanges = try report.required("operations").array().filter {
      try $0.required("kind").string() == "all_reduce"
    }
    #expect(try exchanges.map { try $0.required("name").string() } == ["attn_allreduce", "mlp_allreduce"])
    for exchange in exchanges { #expect(throws: FileError.self) { try exchange.required("forecast_us") } }
    let whole = try report.required("layer").required("measured_us").double()
    let part = try report.required("layer_forecast_part").required("measured_us").double()
    #expect(part < whole)
    let text = try replay([llama, "--tp", "2"]).output
    #expect(text.contains("without attn_allreduce, mlp_allreduce"))
    #expect(text.contains("not forecast"))
  }

  @Test func anErrorAboveTheLimitIsExitCode1() throws {
    let result = try replay([llama, "--max-error", "0"])
    #expect(result.status == 1)
    #expect(result.diagnostics.contains("more than --max-error 0"))
    #expect(result.output.contains("a layer took"))
    #expect(try replay([llama, "--max-error", "1e9"]).status == 0)
  }

  @Test func badRequestsAreOneLine() throws {
    let cases: [([String], Int32, String)] = [
      ([llama, "--pp", "2"], 64, "--pp is 2"), ([llama, "--dp", "2", "--batch", "2"], 64, "--dp is 2"),
      ([llama, "--micro-batches", "2", "--batch", "2"], 64, "--micro-batches is 2"),
      ([llama, "--mode", "training"], 64, "training"), ([llama, "--attention", "fused"], 64, "fused"),
      ([llama, "--sequence-parallel"], 64, "--sequence-parallel"),
      ([llama, "--sharding", "documented"], 64, "--sharding"),
      ([llama, "--tp", "3"], 64, "tp is 3"), ([llama, "--tp", "0"], 64, "tp is 0"),
      ([llama, "--threads", "4096"], 64, "4096 threads were asked for"),
      ([llama, "--threads", "0"], 64, "--threads is 0"),
      ([llama, "--layers", "5"], 64, "--layers is 5"), ([llama, "--layers", "0"], 64, "--layers is 0"),
      ([llama, "--budget", "0"], 64, "--budget"), ([llama, "--max-error=-1"], 64, "--max-error"),
      ([llama, "--core-type", "NoSuchKernel"], 64, "NoSuchKernel"), ([llama, "--weights", "sideways"], 64, "weights"),
      ([llama, "--context", "5"], 64, "--context"), (["/nowhere/config.json"], 66, "/nowhere/config.json"),
      ([llama, "--append", folder.url("rows.csv").path], 64, "--append wants weights that no cache holds"),
      ([llama, "--output", "/nowhere/x"], 73, "/nowhere"),
    ]
    for (arguments, status, text) in cases {
      let result = try replay(arguments)
      #expect(result.status == status, "\(arguments): \(result.diagnostics)")
      #expect(result.diagnostics.contains(text), "\(arguments): \(result.diagnostics)")
      #expect(result.output.isEmpty)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.url("rows.csv").path))
  }

  /// Nothing of a layer is left out in silence.
  @Test func whatLayersHaveBesidesIsRefusedByName() throws {
    let sizes = """
      "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 4, "num_attention_heads": 4,
      "num_key_value_heads": 2, "vocab_size": 100, "max_position_embeddings": 64
      """
    let window = try folder.file("window.json", #"{"model_type": "mistral", "sliding_window": 8, \#(sizes)}"#)
    let wide = try folder.file("wide-window.json", #"{"model_type": "mistral", "sliding_window": 12, \#(sizes)}"#)
    let norms = try folder.file("norms.json", #"{"model_type": "qwen3", "head_dim": 16, \#(sizes)}"#)
    for (model, text) in [
      (window, "attention with a window of 8 tokens is not run here"), (norms, "qk_norm is not run here"),
    ] {
      let result = try replay([model])
      #expect(result.status == 64, "\(result.diagnostics)")
      #expect(result.diagnostics.contains(text), "\(result.diagnostics)")
      #expect(result.output.isEmpty)
    }
    // A window that the sequence does not fill changes nothing.
    #expect(try replay([wide]).status == 0)
  }

  @Test func moreRanksThanCoresAreRefused() throws {
    let wide = try folder.file(
      "wide.json",
      """
      {"model_type": "llama", "hidden_size": 8192, "intermediate_size": 8192, "num_hidden_layers": 2,
       "num_attention_heads": 4096, "num_key_value_heads": 4096, "vocab_size": 100, "max_position_embeddings": 64}
      """)
    let result = try replay([wide, "--tp", "4096"])
    #expect(result.status == 64, "\(result.diagnostics)")
    #expect(result.diagnostics.contains("4096 ranks of 1 thread each"))
  }

  @Test func tooLittleMemoryIsOneLineThatSaysWhatWouldFit() throws {
    let result = try BuiltCommand.run([
      "replay", "llama-3.1-8b", "--table", table, "--seq", "16", "--layers", "8", "--max-memory", "2GiB",
    ])
    #expect(result.status == 65, "\(result.diagnostics)")
    let lines = result.diagnostics.split(separator: "\n").filter { $0.contains("error") }
    #expect(lines.count == 1)
    for text in ["8 layers need 6.5 GiB", "--max-memory is 2.0 GiB", "--layers 2 would fit, or give more"] {
      #expect(result.diagnostics.contains(text), "\(text): \(result.diagnostics)")
    }
    let vast = try BuiltCommand.run(["replay", "megatron-1t", "--table", table, "--seq", "2048"])
    #expect(vast.status == 71, "\(vast.diagnostics)")
    #expect(vast.diagnostics.contains("can be had here"))
  }

  @Test func productsBecomeRowsOfATable() throws {
    let large = try folder.file(
      "large.json",
      """
      {"model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 64,
       "num_attention_heads": 16, "num_key_value_heads": 4, "vocab_size": 100, "max_position_embeddings": 64}
      """)
    let path = folder.url("rows.csv").path
    for run in 1...2 {
      let result = try replay([large, "--append", path])
      #expect(result.status == 0, "\(result.diagnostics)")
      let rows = try TimingTable(contentsOf: path)
      // The output's product, and the three of other shapes; what attention multiplies was computed a moment ago.
      #expect(rows.rows.count == 4)
      #expect(rows.rows.allSatisfy { $0.cache == .sequence && $0.threads == 1 && $0.dtype == .fp32 })
      #expect(rows.rows.allSatisfy { $0.layout == .nt && $0.shape.batch == 1 })
      #expect(rows.rows.allSatisfy { ($0.samples ?? 0) >= 2 * run && ($0.low ?? 0) <= $0.seconds })
      for column in ["library", "kernel", "machine"] {
        #expect(rows.rows.allSatisfy { $0.other[column]?.isEmpty == false })
      }
    }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let other = try folder.file("other.csv", text.split(separator: "cores=").joined(separator: "cores=9"))
    let refused = try replay([large, "--append", other])
    #expect(refused.status == 65)
    #expect(refused.diagnostics.contains("its machine is"))
  }

  /// The commands whose first argument is `replay-worker` and whose request is this test's.
  private func workers(of parent: Int32) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { process in
      guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
      else { return false }
      let fields = stat[stat.index(after: end)...].split(separator: " ")
      return fields.count > 1 && fields[1] == "\(parent)"
    }
  }

  @Test(arguments: ["1", "2"]) func aKilledParentLeavesNoRankBehind(tp: String) throws {
    let started = try BuiltCommand.start([
      "replay", llama, "--table", table, "--core-type", "inherit", "--budget", "1e6", "--seq", "64", "--batch", "32",
      "--tp", tp,
    ])
    let parent = started.process.processIdentifier
    var ranks: [Int32] = []
    // Until all of them have used a core for a while: then they compute, for a minute and more.
    while started.process.isRunning {
      ranks = workers(of: parent)
      if ranks.count == Int(tp), ranks.allSatisfy({ ticks(of: $0) >= 20 }) { break }
      usleep(10_000)
    }
    #expect(ranks.count == Int(tp))
    kill(parent, SIGKILL)
    started.process.waitUntilExit()
    // They end with their input; how soon is the system's affair.
    var left = ranks
    for _ in 0..<1000 where !left.isEmpty {
      left = left.filter { kill($0, 0) == 0 && state(of: $0) != "Z" }
      usleep(10_000)
    }
    #expect(left.isEmpty)
    for process in left { kill(process, SIGKILL) }
  }

  private func fields(of process: Int32) -> [Substring] {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = stat.lastIndex(of: ")")
    else { return [] }
    return stat[stat.index(after: end)...].split(separator: " ")
  }

  private func ticks(of process: Int32) -> Int {
    let fields = fields(of: process)
    return fields.count > 11 ? Int(fields[11]) ?? 0 : 0
  }

  private func state(of process: Int32) -> String { fields(of: process).first.map(String.init) ?? "gone" }
}
