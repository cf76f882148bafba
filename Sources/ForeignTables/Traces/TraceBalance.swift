internal import DataFiles

/// How much of a trace's time became rows, and what the rest is.
struct TraceBalance {
  /// The whole, in sentences.
  let sentences: [String]
  /// What other tables the trace has rows for.
  let others: String
  /// What has no rows, by name, longest first.
  let rest: String

  /// So many names are told; the others are added up.
  private static let named = 12

  init(_ step: ProfiledStep, wanted: ImportOptions.Rows, rows: Int) {
    let total = step.seconds
    let taken = step.pieces.filter { $0.work?.rows == wanted }
    let what = step.isGPU ? "kernels" : "operators"
    func told(_ seconds: Double) -> String {
      let share = total > 0 ? 100 * seconds / total : 0
      return "\(FixedPoint.text(seconds * 1e6, decimals: 3)) µs, \(FixedPoint.text(share, decimals: 1)) %"
    }
    func seconds(_ pieces: [ProfiledStep.Piece]) -> Double { pieces.reduce(0) { $0 + $1.seconds } }

    others = ImportOptions.Rows.allCases.filter { $0 != wanted }.compactMap { kind in
      let pieces = step.pieces.filter { $0.work?.rows == kind }
      guard !pieces.isEmpty else { return nil }
      return "--rows \(kind.rawValue) takes \(pieces.count) \(kind.words) (\(told(seconds(pieces))))"
    }.joined(separator: "; ")

    var names: [String: (seconds: Double, count: Int, reason: String)] = [:]
    for piece in step.pieces where piece.work == nil {
      let key = piece.name
      let known = names[key] ?? (0, 0, piece.reason ?? "")
      names[key] = (known.seconds + piece.seconds, known.count + piece.count, known.reason)
    }
    let sorted = names.sorted { ($1.value.seconds, $0.key) < ($0.value.seconds, $1.key) }
    // Most share one reason, which stands once.
    let usual = sorted.first?.value.reason ?? ""
    var texts = sorted.prefix(Self.named).map { name, sum in
      "\(JSONValue.shortened(name)) (\(sum.count) times, \(told(sum.seconds))"
        + (sum.reason == usual ? ")" : ": \(sum.reason))")
    }
    let further = sorted.dropFirst(Self.named)
    if !further.isEmpty {
      texts.append("\(further.count) further names (\(told(further.reduce(0) { $0 + $1.value.seconds })))")
    }
    rest = texts.isEmpty ? "" : "without rows, as \(usual): " + texts.joined(separator: ", ")

    let gemms = step.pieces.filter { $0.kind == .gemm }
    let ofGEMMs = seconds(gemms) > 0 ? 100 * seconds(gemms.filter { $0.work != nil }) / seconds(gemms) : 0
    let first =
      "\(taken.count) \(wanted.words) are \(rows) rows and \(told(seconds(taken))) of the \(what)' "
      + "\(FixedPoint.text(total * 1e6, decimals: 3)) µs"
      + (wanted == .gemm ? "; of the time of products \(FixedPoint.text(ofGEMMs, decimals: 1)) %" : "")
    sentences = [first] + [others, rest].filter { !$0.isEmpty }
  }
}

extension ImportOptions.Rows {
  /// What such rows are of.
  var words: String {
    switch self {
    case .gemm: "matrix products"
    case .collective: "exchanges"
    case .attention: "fused attentions"
    case .memory: "passes over memory"
    }
  }
}
