import DataFiles
import Foundation
import GEMMTiming
import Testing

@Suite struct EstimateCommandTests {
  let folder: TemporaryFolder
  let table: String

  init() throws {
    folder = try TemporaryFolder()
    table = try PlantedHost.fitted()
  }

  private func estimate(_ arguments: [String]) throws -> String {
    let result = try BuiltCommand.run(["estimate"] + arguments + ["--table", table])
    #expect(result.status == 0, "\(result.diagnostics)")
    return result.output
  }

  /// The reference document's sections, in its order.
  private static let sections = [
    "Overview", "Model Configuration", "Longest Path Analysis", "Matrix Multiplication Operations",
    "Attention Component (6 matrix multiplications)", "MLP Component (2 matrix multiplications)",
    "Parallelism Analysis", "Tensor Parallelism (8-way)", "Pipeline Parallelism (2 stages)", "Runtime Calculation",
    "Per-Layer Runtime (parallel across 8 GPUs)", "Total DAG Runtime", "Key Observations",
    "Expected Performance Characteristics", "Audit",
  ]

  @Test func everySectionOfTheDocumentStandsInItsOrder() throws {
    let lines = try estimate(["reference"]).split(separator: "\n").map(String.init)
    let positions = Self.sections.map { lines.firstIndex(of: $0) ?? -1 }
    #expect(
      positions == positions.sorted() && !positions.contains(-1),
      "\(zip(Self.sections, positions).map { "\($0): \($1)" })")
  }

  @Test func thePathOfLayer0IsTheDocuments() throws {
    let sequence =
      "input → broadcast_0 → layer0_ln1 → layer0_qkv_split → layer0_q_linear → layer0_attn_score → layer0_attn_weights → "
      + "layer0_attn_out → layer0_attn_gather → layer0_attn_proj_split → layer0_attn_proj → layer0_attn_allreduce → "
      + "layer0_res1 → layer0_ln2 → layer0_mlp1_split → layer0_mlp1 → layer0_gelu → layer0_mlp2 → layer0_mlp_allreduce → "
      + "layer0_res2 → send_layer0_to_layer1 → layer1_ln1 → layer1_qkv → layer1_attn → layer1_mlp → "
    let folded = try estimate(["reference", "--path", "document"])
    #expect(folded.contains(sequence))
    #expect(folded.contains("send_stage0_to_stage1 → receive_stage1 → layer8 → layer9"))
    for layer in 2..<16 { #expect(folded.contains(" → layer\(layer) → ")) }
    #expect(try estimate(["reference", "--path", "op"]).contains("layer15_res2 → output"))
  }

  @Test func totalsComeInOrderAndTheReferenceDoesNotFit() throws {
    let json = try JSONDocument(text: estimate(["reference", "--format", "json"]), file: "estimate").root
    for sharding in ["documented", "megatron"] {
      let totals = try json.required("totals").required(sharding)
      let seconds = try ["document", "critical_path", "schedule"].map {
        try totals.required($0).required("time_s").double()
      }
      #expect(seconds[0] < seconds[1] && seconds[1] <= seconds[2], "\(sharding): \(seconds)")
      for name in ["document", "critical_path", "schedule"] {
        let total = try totals.required(name)
        #expect(try total.required("lo_s").double() <= total.required("time_s").double())
        #expect(try total.required("time_s").double() <= total.required("hi_s").double())
      }
    }
    let memory = try json.required("memory")
    #expect(try memory.required("fits").bool() == false)
    #expect(try memory.required("items").required("attention_scores_bytes").double() == 409.6e9)
    #expect(try abs(memory.required("items").required("residual_stream_bytes").double() - 167.772_16e9) < 1)

    // What it names as fitting does fit, and half of it does not.
    let fitting = try memory.required("smallest_fitting_micro_batches").integer()
    for (count, fits) in [(fitting, true), (fitting / 2, false)] {
      let again = try JSONDocument(
        text: estimate(["reference", "--micro-batches", "\(count)", "--format", "json"]), file: "again"
      ).root
      #expect(try again.required("memory").required("fits").bool() == fits)
    }
  }

  /// The host's rows reach the report: its own Get_Time of the eight GEMMs is the planted one, and the forecast by its
  /// ceilings stands between the bare specification's and the last, which is the report's.
  @Test func whatTheForecastRestsOnIsShown() throws {
    let json = try JSONDocument(text: estimate(["reference", "--format", "json"]), file: "estimate").root
    let basis = try json.required("basis")
    let steps = try basis.required("models").array()
    #expect(steps.count == 4)
    let seconds = try steps.map { try $0.required("schedule").required("time_s").double() }
    let forecast = try json.required("totals").required("megatron").required("schedule").required("time_s").double()
    #expect(seconds[3] == forecast && seconds[0] < seconds[3] && Set(seconds).count == 4)
    let gemms = try basis.required("host").required("gemms").array()
    #expect(gemms.count == 8)
    let planted = PlantedHost.seconds(try GEMMShape(m: 10_240_000, k: 8192, n: 1024))
    let host = try gemms[0].required("time_us").double() * 1e-6
    #expect(abs(host / planted - 1) < 0.05, "\(host) s, planted \(planted) s")
    #expect(try gemms[0].required("source").string() == "extrapolated")
    #expect(try estimate(["reference"]).contains("What the Forecast Rests On"))
  }

  @Test func everyFormatIsTheSameTwice() throws {
    for format in ["text", "markdown", "json", "csv"] {
      let first = try estimate(["reference", "--format", format])
      #expect(first.count > 1000)
      #expect(try estimate(["reference", "--format", format]) == first)
    }
  }

  @Test func theCSVsTimesAddUpToThePath() throws {
    let csv = try CSVDocument(text: estimate(["reference", "--format", "csv"]), file: "path")
    let (start, time) = (try csv.requiredColumn("start_us"), try csv.requiredColumn("time_us"))
    var clock = 0.0
    for row in csv.rows {
      let begins = try #require(Double(row[start]))
      #expect(abs(begins - clock) <= 1e-9 * max(clock, 1))
      clock = begins + (try #require(Double(row[time])))
    }
    let json = try JSONDocument(text: estimate(["reference", "--format", "json"]), file: "estimate").root
    let length = try json.required("critical_path").required("length_s").double()
    #expect(abs(clock * 1e-6 / length - 1) < 1e-9)
  }

  @Test func unevenStagesAreSaid() throws {
    #expect(try estimate(["reference", "--pp", "3"]).contains("6 on the fullest stage, 5 on the emptiest"))
  }

  @Test func aConfigurationFileIsReadAndItsFaultsArePlaced() throws {
    let config = """
      {"model_type": "llama", "hidden_size": 512, "intermediate_size": 1376, "num_hidden_layers": 4,
       "num_attention_heads": 8, "num_key_value_heads": 2, "vocab_size": 32000, "max_position_embeddings": 2048,
       "hidden_act": "silu", "rms_norm_eps": 1e-6}
      """
    let good = try folder.file("config.json", config)
    #expect(try estimate([good, "--tp", "2", "--seq", "128"]).contains("2 key-value heads"))
    let bad = try folder.file("bad.json", config.replacingOccurrences(of: "512,", with: "\"many\","))
    let result = try BuiltCommand.run(["estimate", bad, "--table", table])
    #expect(result.status == 65)
    #expect(result.diagnostics.contains("bad.json:1:40"), "\(result.diagnostics)")
  }

  @Test(arguments: [
    ("m,k,n\n1,2,3\n", "device is missing"),
    ("device,dtype,m,k,n,batch,time_us\nx,fp32,1,2,three,1,4\n", ":2:12: n is three"),
    ("device,dtype,m,k,n,batch,time_us\nx,fp32,1,2,3,1,-4\n", "time_us is -4"),
    ("device,dtype,m,k,n,batch,time_us\nx,fp32,1,2,3,1\n", ":2: the row has 6 fields"),
    ("device,dtype,m,k,n,batch,time_us\nx,fp32,1,2,3,1,4\n", "at least"),
    ("", "header"),
  ])
  func badTablesAreOneLineAnd65(_ text: String, _ culprit: String) throws {
    let bad = try folder.file("bad.csv", text)
    let result = try BuiltCommand.run(["estimate", "reference", "--table", bad])
    #expect(result.status == 65)
    #expect(result.diagnostics.contains("bad.csv") && result.diagnostics.contains(culprit), "\(result.diagnostics)")
    #expect(result.diagnostics.split(separator: "\n").count == 1 && result.output.isEmpty)
  }
}

extension EstimateCommandTests {
  @Test func pagesAndTracesAreWritten() throws {
    let (page, trace) = (folder.url("report.html").path, folder.url("trace.json").path)
    let result = try BuiltCommand.run([
      "estimate", "reference", "--table", table, "--format", "html", "--output", page, "--trace", trace,
    ])
    #expect(result.status == 0 && result.output.isEmpty, "\(result.diagnostics)")
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("<svg"))
    #expect(try JSONDocument(contentsOf: trace).root.required("traceEvents").array().count > 100)
    let unwritable = try BuiltCommand.run(["estimate", "--table", table, "--trace", "/nowhere/trace.json"])
    #expect(unwritable.status == 73 && unwritable.output.isEmpty, "\(unwritable.diagnostics)")
  }
}
