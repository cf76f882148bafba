internal import DataFiles
internal import GEMMTiming

/// Turns rows of measured files into operations with times, with errors that point at the field.
struct MeasuredRowReader {
  private let document: CSVDocument

  private let columns: MeasuredLayer.Columns?

  init(_ document: CSVDocument, columns: MeasuredLayer.Columns?) {
    self.document = document
    self.columns = columns
  }

  func entries(_ row: Int, _ kind: MeasuredTable.Kind) throws(FileError) -> [MeasuredTable.Entry] {
    switch kind {
    case .gemm, .endToEnd: []
    case .collective: try [collective(row)]
    case .attention: try [attention(row)]
    case .memory: [try memory(row)]
    case .layerOperations: try layer(row)
    }
  }

  /// A row of a timing table: a GEMM, a stream of `copy` or `axpy`, or a pass over rows, named with the threads and the cache state where
  /// the row says them.
  func entry(_ row: Int, _ timing: TimingRow) -> MeasuredTable.Entry {
    let (operation, sizeClass): (Operation, String)
    switch timing.routine {
    case .gemm:
      operation = .gemm(timing.shape, timing.dtype)
      sizeClass = Self.band("m", timing.shape.m, [16, 256, 2048])
    case .copy, .axpy, .layerNorm, .rmsNorm, .softmax, .gelu, .swiglu, .rotary, .residual:
      let traffic = timing.routine.traffic(timing.shape, timing.dtype)
      operation = .memory(traffic)
      sizeClass = Self.band("bytes", Int(min(traffic.bytes, 0x1p60)), [1 << 20, 1 << 24, 1 << 28])
    }
    var label = timing.routine.rawValue
    if let threads = timing.threads {
      label += threads == 1 ? ", 1 thread" : ", \(threads) threads"
      if let cache = timing.cache { label += ", \(cache.rawValue)" }
      if timing.layout != .nn { label += ", \(timing.layout.formula)" }
    }
    return .init(
      row: row, device: timing.device, variant: optional("variant", row), label: label, sizeClass: sizeClass,
      operation: operation, seconds: timing.seconds, timing: timing)
  }

  private func collective(_ row: Int) throws(FileError) -> MeasuredTable.Entry {
    let name = try text("collective", row)
    guard let kind = Communication.Kind(rawValue: name) else {
      let known = Communication.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure(row, "collective", "collective is \(name)", "one of \(known) is expected")
    }
    let (ranks, bytes) = (try integer("ranks", row), try integer("bytes", row))
    let nodes = document.column("nodes") == nil ? 1 : try integer("nodes", row)
    return .init(
      row: row, device: try text("device", row), variant: optional("variant", row), label: name,
      sizeClass: Self.band("bytes", bytes, [4095, 65536, 1 << 20, 1 << 24]),
      operation: .communication(Communication(kind, bytes: Double(bytes), ranks: ranks, nodes: nodes)),
      seconds: try time("time_us", row))
  }

  private func attention(_ row: Int) throws(FileError) -> MeasuredTable.Entry {
    let length = try integer("seq", row)
    // `step` counts the tokens that are in the cache already, where a file has it.
    let cached = document.column("step") == nil ? 0 : try integer("step", row, minimum: 0)
    let shape: AttentionShape
    do {
      shape = try AttentionShape(
        batch: integer("batch", row), heads: integer("heads", row), keyValueHeads: integer("kv_heads", row),
        headDimension: integer("head_dim", row), queryLength: length, keyLength: length + cached, causal: true)
    } catch let error as ShapeError {
      throw document.error(row: row, problem: error.description)
    } catch let error as FileError {
      throw error
    } catch {
      throw document.error(row: row, problem: "\(error)")
    }
    return .init(
      row: row, device: try text("device", row), variant: optional("variant", row), label: "attention",
      sizeClass: Self.band("seq", length, [128, 1024, 4096]),
      operation: .attention(shape, try dtype(row)), seconds: try time("time_us", row))
  }

  private func memory(_ row: Int) throws(FileError) -> MeasuredTable.Entry {
    let name = try text("op", row)
    guard let kind = MemoryTraffic.Kind(rawValue: name) else {
      let known = MemoryTraffic.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure(row, "op", "op is \(name)", "one of \(known) is expected")
    }
    let (read, written) = (try integer("bytes_read", row), try integer("bytes_written", row))
    let rows = document.column("rows") == nil ? nil : Double(try integer("rows", row))
    return .init(
      row: row, device: try text("device", row), variant: optional("variant", row), label: name,
      sizeClass: Self.band("bytes", read + written, [1 << 20, 1 << 24, 1 << 28]),
      operation: .memory(MemoryTraffic(kind, read: Double(read), written: Double(written), rows: rows)),
      seconds: try time("time_us", row))
  }

  /// The operations of a layer, as whoever knows its blocks tells them by column.
  private func layer(_ row: Int) throws(FileError) -> [MeasuredTable.Entry] {
    guard let columns else {
      throw document.error(row: row, problem: "holds a layer's operations, and which they are is not known here")
    }
    let device = try text("device", row)
    let sizes = MeasuredLayer(
      tokens: try integer("num_tokens", row), tp: try integer("tp", row), hidden: try integer("n_embd", row),
      ffn: try integer("n_ff", row), heads: try integer("n_head", row), keyValueHeads: try integer("n_kv_head", row),
      isGated: try flag("gated", row))
    let operations: [(column: String, operation: Operation)]
    do { operations = try columns(sizes) } catch {
      throw document.error(row: row, problem: "\(error)", remedy: "check tp, n_embd, n_head and n_ff")
    }
    var entries: [MeasuredTable.Entry] = []
    for (column, operation) in operations {
      // A model without that operation leaves the field empty or 0.
      guard let field = optional(column, row), field != "0", field != "0.0" else { continue }
      entries.append(
        .init(
          row: row, device: device, variant: optional("variant", row), label: String(column.dropLast(3)),
          sizeClass: Self.band("tokens", sizes.tokens, [256, 2048]), operation: operation,
          seconds: try time(column, row)))
    }
    return entries
  }

  // MARK: - Fields

  private func optional(_ name: String, _ row: Int) -> String? {
    guard let column = document.column(name) else { return nil }
    let text = document.rows[row][column]
    return text.isEmpty ? nil : text
  }

  private func text(_ name: String, _ row: Int) throws(FileError) -> String {
    if let text = optional(name, row) { return text }
    throw failure(row, name, "\(name) is empty", "a value is expected")
  }

  private func integer(_ name: String, _ row: Int, minimum: Int = 1) throws(FileError) -> Int {
    guard let value = optional(name, row).flatMap(DecimalNumber.integer),
      (minimum...GEMMShape.maximumExtent).contains(value)
    else {
      throw failure(
        row, name, "\(name) is \(optional(name, row) ?? "empty")",
        "a whole number from \(minimum) to \(GEMMShape.maximumExtent) is expected")
    }
    return value
  }

  private func flag(_ name: String, _ row: Int) throws(FileError) -> Bool {
    switch try text(name, row).lowercased() {
    case "true", "1": return true
    case "false", "0": return false
    default: throw failure(row, name, "\(name) is \(try text(name, row))", "True or False is expected")
    }
  }

  private func time(_ name: String, _ row: Int) throws(FileError) -> Double {
    if let seconds = try FieldReader(document: document).microseconds(name, row) { return seconds }
    throw failure(row, name, "\(name) is empty", "a number of microseconds above 0 is expected")
  }

  private func dtype(_ row: Int) throws(FileError) -> DataType {
    if let dtype = DataType(name: try text("dtype", row)) { return dtype }
    throw failure(row, "dtype", "dtype is \(try text("dtype", row))", "one of \(DataType.list) is expected")
  }

  private func failure(_ row: Int, _ name: String, _ problem: String, _ remedy: String) -> FileError {
    document.error(row: row, column: document.column(name) ?? 0, problem: problem, remedy: remedy)
  }

  /// `m ≤ 16`, `16 < m ≤ 256`, … by the limits that a value lies between.
  private static func band(_ name: String, _ value: Int, _ limits: [Int]) -> String {
    guard let position = limits.firstIndex(where: { value <= $0 }) else { return "\(name) > \(limits.last ?? 0)" }
    return position == 0 ? "\(name) ≤ \(limits[0])" : "\(limits[position - 1]) < \(name) ≤ \(limits[position])"
  }
}
