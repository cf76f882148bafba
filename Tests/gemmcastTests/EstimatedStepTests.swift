import DataFiles
import Testing

@Suite struct EstimatedStepTests {
  let table: String

  init() throws { table = try PlantedHost.fitted() }

  private func report(_ arguments: [String]) throws -> JSONValue {
    let result = try BuiltCommand.run(["estimate"] + arguments + ["--format", "json", "--table", table])
    #expect(result.status == 0, "\(result.diagnostics)")
    return try JSONDocument(text: result.output, file: "estimate").root
  }

  private func schedule(_ report: JSONValue) throws -> Double {
    try report.required("totals").required("megatron").required("schedule").required("time_s").double()
  }

  private static let small = [
    "llama-3.1-8b", "--mode", "training", "--attention", "fused", "--tp", "2", "--pp", "2", "--dp", "2", "--batch",
    "16",
    "--micro-batches", "4", "--seq", "512",
  ]

  /// The reference model where it fits: its bottleneck is named, and what the report says of its first three what-ifs is
  /// what solving again gives.
  @Test func theFirstThreeWhatIfsOfTheReferenceAreConfirmed() throws {
    let microBatches = try report(["reference"]).required("memory").required("smallest_fitting_micro_batches").integer()
    let command = ["reference", "--micro-batches", "\(microBatches)"]
    let first = try report(command)
    #expect(try first.required("memory").required("fits").bool())
    let ranked = try first.required("explanation").required("what_ifs").array()
    let before = try schedule(first)
    var saved: [Double] = []
    for whatIf in ranked.prefix(3) {
      let name = try whatIf.required("op").string()
      let again = try report(command + ["--what-if", "op=\(name):0.9"])
      let answer = try again.required("explanation").required("answers").array()[0]
      #expect(try answer.required("before_s").double() == before)
      #expect(try answer.required("after_s").double() == whatIf.required("schedule_s").double())
      #expect(try answer.required("saved_s").double() > 0)
      saved.append(try answer.required("saved_s").double())
    }
    #expect(saved.count == 3 && saved == saved.sorted(by: >))
    // The document thinks of neither: softmax and the exchanges take longer than its largest product.
    let chain = try first.required("explanation").required("operations").array()
    func seconds(_ names: [String]) throws -> Double {
      try chain.filter { try names.contains($0.required("op").string()) }
        .reduce(0) { try $0 + $1.required("critical_time_s").double() }
    }
    #expect(
      try seconds(["attn_weights", "attn_allreduce", "mlp_allreduce"])
        > seconds([
          first.required("totals").required("megatron").required("layer_runtime_op").string()
        ]))
    let text = try BuiltCommand.run(["estimate"] + command + ["--table", table]).output
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains("The bottleneck on it is "))
    #expect(text.contains("Softmax and communication together take "))
  }

  @Test func everyScheduleIsLaidOut() throws {
    var times: [String: Double] = [:]
    for (name, options) in [
      ("gpipe", ["--schedule", "gpipe"]), ("1f1b", []), ("zb-h1", ["--schedule", "zb-h1"]),
      ("interleaved", ["--schedule", "interleaved", "--interleave", "4"]),
    ] {
      let report = try report(Self.small + options)
      #expect(try report.required("step").required("schedule").string() == name)
      times[name] = try schedule(report)
    }
    let oneForward = try #require(times["1f1b"])
    #expect(try #require(times["zb-h1"]) <= oneForward && (try #require(times["interleaved"])) < oneForward)
    #expect(times["gpipe"] != nil)
  }

  @Test func optionsDoWhatTheySay() throws {
    let plain = try report(Self.small)
    let before = try schedule(plain)
    func memory(_ report: JSONValue, _ item: String) throws -> Double {
      try report.required("memory").required("items").required(item + "_bytes").double()
    }
    #expect(try schedule(report(Self.small + ["--recompute", "full"])) > before)
    #expect(try schedule(report(Self.small + ["--no-overlap"])) > before)
    #expect(try schedule(report(Self.small + ["--eager"])) > before)
    let sharded = try report(Self.small + ["--zero", "1"])
    #expect(try memory(sharded, "optimizer_state") == memory(plain, "optimizer_state") / 2)
    let momentum = try report(Self.small + ["--optimizer", "sgd"])
    #expect(try abs(memory(momentum, "optimizer_state") / memory(plain, "optimizer_state") - 8.0 / 12) < 1e-12)
    let parallel = try report(Self.small + ["--sequence-parallel"])
    #expect(try memory(parallel, "residual_stream") < memory(plain, "residual_stream"))
    let straggler = try report(Self.small + ["--straggler", "rank7=1.5", "--straggler", "stage0=1.1"])
    let answers = try straggler.required("explanation").required("answers").array()
    #expect(
      try answers.map { try $0.required("change").string() } == [
        "computation of stage 0 × 1.1", "computation of rank 7 × 1.5", "all together",
      ])
    #expect(try answers.allSatisfy { try $0.required("saved_s").double() < 0 })
    #expect(try plain.required("step").required("tokens_per_s").double() == 16 * 512 / before)
    #expect(try (0...1).contains(plain.required("analysis").required("utilization").double()))
  }

  @Test func promptsAndTokens() throws {
    let model = ["llama-3.1-8b", "--attention", "fused", "--batch", "4"]
    let prefill = try report(model + ["--mode", "prefill", "--seq", "1024"])
    let decode = try report(model + ["--mode", "decode", "--context", "1023"])
    let cache = "KV_cache_bytes"
    #expect(
      try prefill.required("memory").required("items").required(cache).double()
        == decode.required("memory").required("items").required(cache).double())
    #expect(try schedule(decode) < schedule(prefill))
    #expect(try decode.required("step").required("tokens").double() == 4)
  }

  /// Each level of knowledge is a forecast of its own, and the report shows the levels up to it.
  @Test func aForecastRestsOnAsMuchAsIsAsked() throws {
    let levels = try report(["reference"]).required("basis").required("models").array()
    for (index, name) in ["roofline", "ceilings", "tiles", "shipped"].enumerated() {
      let report = try report(["reference", "--detail", name])
      #expect(
        try schedule(report) == levels[index].required("schedule").required("time_s").double())
      #expect(try report.required("basis").required("models").array().count == index + 1)
    }
  }

  @Test(arguments: [
    (["--schedule", "1f1b"], "--mode forward has no backward pass"),
    (["--recompute", "full", "--zero", "1"], "--recompute, --zero: for --mode training"),
    (["--mode", "training", "--schedule", "interleaved"], "needs --interleave"),
    (["--mode", "training", "--schedule", "gpipe", "--interleave", "2"], "--schedule is gpipe"),
    (["--mode", "training", "--interleave", "2"], "rounds of pp"),
    (["--mode", "training", "--interleave", "0"], "at least 1"),
    (["--mode", "training", "--zero", "4"], "0, 1, 2 or 3"),
    (["--mode", "training", "--bucket-size", "25MB", "--no-overlap"], "--no-overlap excludes"),
    (["--mode", "training", "--bucket-size", "25MB", "--zero", "2"], "layer by layer"),
    (["--mode", "decode", "--context", "10", "--seq", "11"], "either --context or --seq"),
    (["--mode", "decode", "--sequence-parallel"], "decode without it"),
    (["--context", "10"], "--context is for --mode decode"),
    (["--what-if", "op=mlp9:0.8"], "no operation of this step is called mlp9"),
    (["--straggler", "stage2=1.2"], "there is no stage 2"),
    (["--straggler", "rank16=1.2"], "there is no rank 16"),
    (["--rows", "memory"], "--rows is for --format csv"),
    (["--device", "host", "--detail", "tiles"], "--detail is of GPUs"),
  ])
  func whatDoesNotGoTogetherIsOneLineAnd64(_ arguments: [String], _ reason: String) throws {
    let result = try BuiltCommand.run(["estimate", "reference", "--table", table] + arguments)
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.diagnostics.contains(reason), "\(result.diagnostics)")
    #expect(result.diagnostics.split(separator: "\n").count == 1)
  }

  @Test(arguments: ["mlp1:0.8", "op=mlp1", "op=mlp1:-1", "op=:1", "op=mlp1:nan"]) func malformedQuestionsAre64(
    _ question: String
  ) throws {
    let result = try BuiltCommand.run(["estimate", "--what-if", question])
    #expect(result.status == 64 && result.diagnostics.contains("'\(question)' is invalid"))
  }

  @Test func rowsOfTheCSV() throws {
    for (rows, header) in [
      ("operations", "op,time_us,critical_time_us,smallest_slack_us,critical_probability"),
      ("what-ifs", "change,before_us,after_us,saved_us"), ("memory", "stage,time_us,bytes,pass,micro_batch"),
    ] {
      let result = try BuiltCommand.run(
        ["estimate"] + Self.small + ["--format", "csv", "--rows", rows, "--table", table])
      #expect(result.status == 0 && result.output.hasPrefix(header), "\(result.diagnostics)")
      #expect(try CSVDocument(text: result.output, file: rows).rows.count > 10)
    }
  }
}
