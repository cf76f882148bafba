internal import DataFiles
internal import GEMMTiming

/// The four GEMMs of a transformer layer in Vidur's `mlp.csv`.
///
/// Columns: microsoft/vidur `vidur/profiling/mlp/`: `time_stats.<operation>.<statistic>` in milliseconds over the
/// profiled calls, and the model's sizes. The shapes follow from its column- and row-parallel layers, with T tokens,
/// hidden size h, head size d = h / heads, f expanded size, on one of t tensor-parallel workers:
///
///     attn_pre_proj    (T, h, (heads + 2·kv_heads)·d / t)
///     attn_post_proj   (T, h / t, h)
///     mlp_up_proj      (T, h, (2 if gated else 1)·f / t)
///     mlp_down_proj    (T, f / t, h)
///
/// The file names neither device (its folder does) nor element type (the profiler casts its model to float16).
enum VidurMLP: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    guard line.contains("time_stats.mlp_up_proj.median"), line.contains("num_tokens") else { return nil }
    return SourceText.headerStart(line) { fields in fields.contains { $0.text == "num_tokens" } }
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    let rows = try SourceRow.rows(
      source, isKnown: isKnown, required: sizes + gemmOperations.map { "time_stats.\($0).median" },
      times: "time_stats.….median, in milliseconds", ignoring: options.ignoredColumns)
    guard let dtype = options.dtype else {
      throw FileError(
        .malformed, file: source.file, problem: "does not name the element type",
        remedy: "give --dtype; Vidur's profiler runs its model in fp16")
    }
    var gemms = GEMMRows(source, options)
    for row in rows { try add(row, dtype, to: &gemms) }
    return try gemms.finish()
  }

  private static func add(_ row: SourceRow, _ dtype: DataType, to gemms: inout GEMMRows) throws(FileError) {
    let (tokens, workers) = (try row.whole("num_tokens"), try row.whole("num_tensor_parallel_workers"))
    let (hidden, expanded) = (try row.whole("n_embd"), try row.whole("n_expanded_embd"))
    let (heads, groups) = (try row.whole("n_head"), try row.whole("n_kv_head"))
    let isGated = try flag(row, "use_gated_mlp")
    guard hidden.isMultiple(of: heads) else {
      throw row.failure("n_head", "n_head is \(heads)", "a divisor of n_embd, \(hidden), is expected")
    }
    for (name, size) in [("n_head", heads), ("n_kv_head", groups), ("n_expanded_embd", expanded)]
    where !size.isMultiple(of: workers) {
      throw row.failure(
        "num_tensor_parallel_workers", "num_tensor_parallel_workers is \(workers)",
        "a divisor of \(name), \(size), is expected")
    }
    // Products of legal extents, at most 2⁴⁰ each, can pass Int: the shape is checked as Double first.
    let width = Double(heads + 2 * groups) * Double(hidden / heads) / Double(workers)
    let up = Double(expanded / workers) * (isGated ? 2 : 1)
    guard width <= Double(GEMMShape.maximumExtent), up <= Double(GEMMShape.maximumExtent) else {
      throw row.fail(nil, "a layer of these sizes is too wide", "at most \(GEMMShape.maximumExtent) is expected")
    }
    let shapes = [
      (k: hidden, n: Int(width)), (k: hidden / workers, n: hidden), (k: hidden, n: Int(up)),
      (k: expanded / workers, n: hidden),
    ]
    for (operation, extents) in zip(gemmOperations, shapes) {
      try gemms.add(
        row, dtype: dtype, shape: try row.shape(tokens, extents.k, extents.n),
        seconds: try row.positive("time_stats.\(operation).median") * 1e-3,
        minimum: row["time_stats.\(operation).min"] == nil
          ? nil : try row.positive("time_stats.\(operation).min") * 1e-3,
        other: ["op": operation, "tp": String(workers)])
    }
  }

  private static func flag(_ row: SourceRow, _ name: String) throws(FileError) -> Bool {
    switch try row.required(name) {
    case "True", "true", "1": return true
    case "False", "false", "0": return false
    case let other: throw row.failure(name, "\(name) is \(other)", "True or False is expected")
    }
  }

  private static let gemmOperations = ["attn_pre_proj", "attn_post_proj", "mlp_up_proj", "mlp_down_proj"]

  private static let otherOperations = [
    "emb", "input_layernorm", "attn_rope", "post_attention_layernorm", "mlp_act", "add",
  ]

  private static let sizes = [
    "n_head", "n_kv_head", "n_embd", "n_expanded_embd", "use_gated_mlp", "num_tokens", "num_tensor_parallel_workers",
  ]

  private static func isKnown(_ column: String) -> Bool {
    if sizes.contains(column) || ["", "vocab_size", "model_name"].contains(column) { return true }
    return (gemmOperations + otherOperations).contains { VidurStatistics.isColumn(column, of: $0) }
  }
}

/// The columns that Vidur's timers write for an operation.
enum VidurStatistics {
  static func isColumn(_ name: String, of operation: String) -> Bool {
    ["min", "max", "mean", "median", "std"].contains { name == "time_stats.\(operation).\($0)" }
  }
}
