import DataFiles
import DeviceModels
import Foundation
import GEMMTiming
import Testing

/// `gemmcast calibrate --plan N --for MODEL`: rows of all kinds for one step.
@Suite struct StepPlanTests {
  private let folder: TemporaryFolder
  private let step = ["llama-3.1-70b", "--tp", "8", "--attention", "fused"]

  init() throws { folder = try TemporaryFolder() }

  private func plan(_ count: Int, _ options: [String] = []) throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      ["calibrate", "--device", "h100-sxm-80gb", "--plan", "\(count)", "--for"] + step + options)
  }

  @Test func aPlanForAStepHasRowsOfAllKindsAndIsTheSameTwice() throws {
    let result = try plan(40)
    #expect(result.status == 0, "\(result.diagnostics)")
    let csv = try CSVDocument(text: result.output, file: "plan")
    #expect(csv.rows.count == 40 && Set(csv.rows.map { $0.dropLast() }).count == 40)
    let kind = try csv.requiredColumn("kind")
    #expect(Set(csv.rows.map { $0[kind] }) == ["gemm", "collective", "memory", "attention"])
    #expect(try plan(40).output == result.output)
    let interval = try csv.requiredColumn("interval_percent")
    let intervals = csv.rows.compactMap { Double($0[interval]) }
    #expect(intervals.count == 40 && zip(intervals, intervals.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(result.diagnostics.contains("40 rows: "))
    let line = try #require(
      result.diagnostics.firstMatch(of: /interval is expected to go from ±([0-9.]+) % to ±([0-9.]+) % with these rows/))
    let (before, after) = (Double(line.1) ?? 0, Double(line.2) ?? 0)
    #expect(after < before && abs(after - (intervals.last ?? 0)) < 0.06)
    // The beginning of a plan is a plan.
    let few = try CSVDocument(text: plan(7).output, file: "few")
    #expect(few.rows == Array(csv.rows.prefix(7)))
  }

  /// What the script would measure is what tables have: each row with a time is read, and none is refused by the device.
  @Test(arguments: [
    [], ["--mode", "decode", "--context", "4096", "--batch", "32"],
    ["--mode", "training", "--sequence-parallel", "--batch", "8", "--micro-batches", "8"], ["--dtype", "fp8"],
  ])
  func everyRowIsMeasurable(options: [String]) throws {
    let result = try plan(60, options)
    #expect(result.status == 0, "\(result.diagnostics)")
    let tables = try Self.tables(of: CSVDocument(text: result.output, file: "plan"))
    #expect(tables.count >= 3)
    for (kind, text) in tables {
      let table = try MeasuredTable(CSVDocument(text: text, file: "\(kind).csv"))
      let device = DeviceModel(specification: try .builtIn(named: "h100-sxm-80gb"), shape: .unused)
      #expect(table.kind.rawValue == kind)
      for entry in table.entries { #expect(try device.predict(entry.operation).seconds > 0) }
    }
  }

  @Test func whatDoesNotGoTogetherIsSaid() throws {
    let gpu = ["--device", "h100-sxm-80gb", "--plan", "5"]
    let cases: [([String], Int32, String)] = [
      (gpu + ["--tp", "8", "--zero", "1", "--kv-dtype", "fp8"], 64, "--tp, --zero, --kv-dtype: of a step"),
      (["--for", "gpt2"], 64, "--for goes with --plan"),
      (gpu + ["--for", "gpt2", "--model", "gpt2"], 64, "--for names the model"),
      (["--device", "host", "--plan", "5", "--for", "gpt2"], 64, "--device is host"),
      (gpu + ["--for", "nowhere/config.json"], 66, "nowhere/config.json"),
      (gpu + ["--for", "gpt2", "--tp", "7"], 64, "tp is 7"),
      (gpu + ["--for", "gpt2", "--zero", "1"], 64, "--zero: for --mode training"),
    ]
    for (arguments, status, text) in cases {
      let result = try BuiltCommand.run(["calibrate"] + arguments)
      #expect(result.status == status, "\(arguments): \(result.diagnostics)")
      #expect(result.diagnostics.contains(text), "\(arguments): \(result.diagnostics)")
      #expect(result.output.isEmpty)
    }
    let help = try BuiltCommand.run(["calibrate", "--help"])
    #expect(help.output.contains("--plan 40 --for llama-3.1-70b"))
  }

  // MARK: - Planted truth

  /// A system that is slower than its device file says, each kind of operation by its own amount: as many rows of the
  /// step's plan bring its forecast nearer than those of a plan for products in general.
  @Test func plannedRowsBringTheForecastNearer() throws {
    let truth = try plantedDevice()
    let planned = try CSVDocument(text: plan(40).output, file: "plan")
    let general = try CSVDocument(
      text: BuiltCommand.run(["calibrate", "--device", "h100-sxm-80gb", "--plan", "40"]).output, file: "general")
    let own = try Self.tables(of: planned).map { try measured($0.value, "own-\($0.key)", truth) }
    let products = try measured(Self.tables(of: general)["gemm"] ?? "", "general", truth)
    let real = try seconds(["--device", truth])
    let errors = try [[], [products], own].map { tables in
      abs(log(try seconds(["--device", "h100-sxm-80gb"] + tables.flatMap { ["--table", $0] }) / real))
    }
    #expect(errors[0] > 0.1)
    #expect(errors[2] < 0.5 * errors[1] && errors[2] < 0.04, "\(errors)")
  }

  /// The H100's device file with products, passes, attention and exchanges that reach less.
  private func plantedDevice() throws -> String {
    let data = Data(try Self.deviceFile().utf8)
    var root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    func scale(_ value: Any, _ names: Set<String>, by factor: Double) -> Any {
      if let list = value as? [Any] { return list.map { scale($0, names, by: factor) } }
      guard let object = value as? [String: Any] else { return value }
      return object.reduce(into: [String: Any]()) { result, member in
        if names.contains(member.key), let number = member.value as? Double {
          result[member.key] = number * factor
        } else {
          result[member.key] = scale(member.value, names, by: factor)
        }
      }
    }
    var kernels = try #require(root["kernels"] as? [String: Any])
    let links = try #require(root["links"])
    for (fits, names, factor) in [
      ("gemm_fits", ["compute_fraction"], 0.88), ("memory_fits", ["bandwidth_fraction", "cached_fraction"], 0.75),
      ("attention_fits", ["compute_fraction"], 0.7),
    ] as [(String, Set<String>, Double)] {
      kernels[fits] = kernels[fits].map { scale($0, names, by: factor) }
    }
    root["kernels"] = kernels
    root["links"] = scale(links, ["bandwidth_fraction"], by: 0.6)
    let text = String(decoding: try JSONSerialization.data(withJSONObject: root), as: UTF8.self)
    return try folder.file("truth.json", text)
  }

  private static func deviceFile() throws -> String {
    try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "calibration/devices/h100-sxm-80gb.json"), encoding: .utf8)
  }

  /// A table whose times are those of a device file.
  private func measured(_ table: String, _ name: String, _ device: String) throws -> String {
    let blank = try folder.file("blank-\(name).csv", table)
    let result = try BuiltCommand.run(["validate", blank, "--device", device, "--format", "csv"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let document = try CSVDocument(text: result.output, file: name)
    let (time, answer) = (try document.requiredColumn("time_us"), try document.requiredColumn("predicted_us"))
    let kept = document.header.firstIndex(of: "predicted_us") ?? 0
    let rows = document.rows.map { row in
      row.indices.prefix(kept).map { $0 == time ? row[answer] : row[$0] }
    }
    return try folder.file(
      "\(name).csv", CSVDocument.serialize(header: Array(document.header.prefix(kept)), rows: rows))
  }

  /// Seconds of the step's schedule.
  private func seconds(_ options: [String]) throws -> Double {
    let result = try BuiltCommand.run(["estimate"] + step + options + ["--format", "json"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let totals = try JSONDocument(text: result.output, file: "report").root.required("totals").required("megatron")
    return try totals.required("schedule").required("time_s").double()
  }

  /// The tables that `measure_gpu.py` would make of a plan, by kind, with a microsecond for each time; products have
  /// their weights in memory, as so many in turn have.
  private static func tables(of plan: CSVDocument) throws -> [String: String] {
    let columns: [String: [String]] = [
      "gemm": ["device", "dtype", "m", "k", "n", "batch"],
      "collective": ["device", "collective", "ranks", "nodes", "bytes"],
      "attention": ["device", "dtype", "batch", "seq", "heads", "kv_heads", "head_dim", "step"],
      "memory": ["device", "dtype", "op", "rows", "columns"],
    ]
    let place = Dictionary(uniqueKeysWithValues: plan.header.enumerated().map { ($1, $0) })
    var tables: [String: [[String]]] = [:]
    for row in plan.rows {
      func field(_ name: String) -> String {
        place[name].map { row[$0] } ?? (name == "device" ? "h100-sxm-80gb" : "")
      }
      let kind = place["kind"] == nil ? "gemm" : field("kind")
      var fields = (columns[kind] ?? []).map(field)
      switch kind {
      case "gemm": fields += ["cold"]
      case "attention": fields += ["torch-2.9-cudnn"]
      case "memory":
        let bytes = (Int(field("rows")) ?? 0) * (Int(field("columns")) ?? 0) * (field("dtype") == "fp32" ? 4 : 2)
        fields += ["\(field("op") == "residual" ? 2 * bytes : bytes)", "\(bytes)"]
      default: break
      }
      tables[kind, default: []].append(fields + ["1"])
    }
    let further = ["gemm": ["cache"], "attention": ["variant"], "memory": ["bytes_read", "bytes_written"]]
    return tables.reduce(into: [:]) { result, table in
      result[table.key] = CSVDocument.serialize(
        header: (columns[table.key] ?? []) + (further[table.key] ?? []) + ["time_us"], rows: table.value)
    }
  }
}
