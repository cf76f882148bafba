internal import DataFiles
internal import GEMMTiming

/// The CSV of `cutlass_profiler`, as a file of its own or below `CSV Results:` in its output.
///
/// Columns and units: NVIDIA/cutlass `tools/profiler/src/performance_report.cpp` (`Runtime` in milliseconds, `Flops`
/// 2·(m·n·k + m·n) a batch) and `media/docs/cpp/profiler.md`. `A`, `B`, `C` are `type:layout`; m, n, k are named, and
/// mean C[m×n] = A[m×k]·B[k×n] for every layout. Many kernels are tried on one problem: a library would run the
/// fastest, so that one is kept.
enum CUTLASSProfiler: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    line.contains("OperationKind") ? SourceText.headerStart(line, isHeader) : nil
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    let form = LogTable.Form(
      cut: SourceText.fields, isHeader: isHeader, isRow: isRow, isKnown: isKnown,
      required: ["OperationKind", "Operation", "Disposition", "Status", "m", "n", "k", "A", "B", "Flops", "Runtime"],
      times: "Runtime, in milliseconds")
    var gemms = GEMMRows(source, options)
    for row in try LogTable.rows(source, form, ignoring: options.ignoredColumns) { try add(row, to: &gemms) }
    if !options.takesEveryKernel {
      gemms.keepFastest(
        alike: ["layout"], reason: "another kernel is faster on the same GEMM (--every-kernel keeps all)")
    }
    return try gemms.finish()
  }

  private static func isHeader(_ words: [SourceText.Word]) -> Bool {
    let names = Set(words.map(\.text))
    return names.isSuperset(of: ["Problem", "Provider", "OperationKind", "Runtime"])
  }

  private static func isRow(_ words: [SourceText.Word], _ columns: [String: Int]) -> Bool {
    guard words.count > 3, let problem = columns["Problem"], words.indices.contains(problem) else { return false }
    return Int(words[problem].text) != nil
  }

  /// `--tags` puts columns of the user's before the first; several `--devices` add a time of each.
  private static func isKnown(_ header: [SourceText.Word], _ position: Int) -> Bool {
    let name = header[position].text
    if known.contains(name) || name.wholeMatch(of: /Runtime_\d+/) != nil { return true }
    return !name.isEmpty && position < (header.firstIndex { $0.text == "Problem" } ?? 0)
  }

  private static func add(_ row: SourceRow, to gemms: inout GEMMRows) throws(FileError) {
    let (kind, status) = (try row.required("OperationKind"), try row.required("Status"))
    guard kind == "gemm" else { return gemms.leaveOut(row, "the operation is \(kind), not gemm") }
    if let variant = row["gemm_kind"], !["gemm", "universal", "batched"].contains(variant) {
      return gemms.leaveOut(row, "the gemm_kind is \(variant), not a plain or batched GEMM")
    }
    guard status == "success" else { return gemms.leaveOut(row, "the status is \(status)") }
    let disposition = try row.required("Disposition")
    guard ["passed", "not_verified"].contains(disposition) else {
      return gemms.leaveOut(row, "the disposition is \(disposition)")
    }
    guard let dtype = try multipliedType(row, &gemms) else { return }

    let shape = try row.shape(m: "m", k: "k", n: "n", batch: "batch_count")
    let milliseconds = try row.positive("Runtime")
    try row.check(
      "Flops", try row.positive("Flops"), against: shape.flops * (1 + 0.5 / Double(shape.k)),
      tolerance: 0.5 / Double(shape.k) + 0.001, "2·m·n·k a batch, and 2·m·n at most for the epilogue, are expected")
    if row["GFLOPs"] != nil {
      try row.check(
        "Runtime", milliseconds, against: try row.positive("Flops") * 1e-6 / row.positive("GFLOPs"), tolerance: 0.01,
        "Flops divided by GFLOPs, in milliseconds, is expected")
    }
    let layout = [try row.required("A"), try row.required("B")].map { String($0.split(separator: ":").last ?? "") }
    try gemms.add(
      row, dtype: dtype, shape: shape, seconds: milliseconds * 1e-3,
      other: [
        "library": row["Provider"], "kernel": row["Operation"], "layout": layout.joined(separator: "-"),
        "beta": row["beta"], "split_k_slices": row["split_k_slices"],
      ], tags: tags(row))
  }

  /// What `--tags` says of a row, under names that no other column has.
  private static func tags(_ row: SourceRow) -> [(name: String, value: String)] {
    let first = row.columns["Problem"] ?? 0
    return row.columns.filter { $0.value < first }.sorted { $0.value < $1.value }.compactMap { name, _ in
      row[name].map { ("tag_\(name)", $0) }
    }
  }

  /// The type that the products are formed in; nil when the row was left out for it.
  private static func multipliedType(_ row: SourceRow, _ gemms: inout GEMMRows) throws(FileError) -> DataType? {
    let dtype = try gemms.elementType(
      row, operands: ["A", "B"], name: { $0.split(separator: ":").first.map(String.init) ?? $0 }, type: type,
      names: names)
    guard dtype == .fp32 else { return dtype }
    // Tensor cores have no fp32 product: the kernel's name says what the operands are rounded to.
    switch try row.required("op_class") {
    case "simt": return .fp32
    case "tensorop":
      if try row.required("Operation").contains("tf32") { return .tf32 }
      gemms.leaveOut(row, "fp32 operands are multiplied in another type than tf32")
      return nil
    case let other: throw row.failure("op_class", "op_class is \(other)", "simt or tensorop is expected for f32")
    }
  }

  /// Names of `NumericTypeID` in `tools/library/src/util.cu`.
  private static func type(_ name: String) -> ForeignType {
    switch name {
    case "f32": .known(.fp32)
    case "tf32": .known(.tf32)
    case "f16": .known(.fp16)
    case "bf16": .known(.bf16)
    case "fe4m3", "fe5m2", "e4m3", "e5m2", "f8": .known(.fp8)
    case "s8", "u8": .known(.int8)
    case _ where names.contains(name): .foreign
    default: .unknown
    }
  }

  private static let names = [
    "f32", "tf32", "f16", "bf16", "fe4m3", "fe5m2", "e4m3", "e5m2", "f8", "s8", "u8", "f64", "s4", "u4", "s2", "u2",
    "b1", "s16", "u16", "s32", "u32", "s64", "u64", "cf16", "cbf16", "cf32", "ctf32", "cf64", "fe2m1", "fe2m3",
    "fe3m2", "f6", "f4", "fue8m0", "fue4m3",
  ]

  private static let known: Set<String> = [
    "Problem", "Provider", "OperationKind", "Operation", "Disposition", "Status", "gemm_kind", "m", "n", "k", "A", "B",
    "C", "D", "E", "SFA", "SFB", "alpha", "beta", "split_k_mode", "split_k_slices", "batch_count", "raster_order",
    "runtime_input_datatype_a", "runtime_input_datatype_b", "use_pdl", "enable_sm90_mixed_dtype_shuffle_test",
    "swizzle_size", "op_class", "accum", "cta_m", "cta_n", "cta_k", "cluster_m", "cluster_n", "cluster_k",
    "cluster_m_fallback", "cluster_n_fallback", "cluster_k_fallback", "stages", "warps_m", "warps_n", "warps_k",
    "inst_m", "inst_n", "inst_k", "min_cc", "max_cc", "Bytes", "Flops", "Flops/Byte", "Runtime", "GB/s", "GFLOPs",
  ]
}
