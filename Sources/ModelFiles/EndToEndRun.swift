public import DataFiles
internal import GEMMTiming
public import TransformerModels

/// A training step that was measured on a cluster: what to forecast, and how long it took.
public struct EndToEndRun: Hashable, Sendable {
  /// Who measured it.
  public let source: String
  /// The device's name.
  public let device: String
  /// The model that was trained.
  public let model: ModelConfiguration
  /// How its work was divided.
  public let plan: ParallelPlan
  /// The software that ran it.
  public let framework: TrainingFramework
  /// What a step did.
  public let options: StepOptions
  /// The measured time of one step in seconds.
  public let seconds: Double

  /// The columns that a table of runs must have.
  public static let requiredColumns = [
    "source", "device", "dtype", "hidden", "layers", "heads", "seq", "tp", "pp", "dp", "micro_batch", "global_batch",
    "interleave", "sequence_parallel", "vocab", "recompute", "time_s",
  ]

  /// Whether a document has the columns of a table of runs.
  public static func describes(_ document: CSVDocument) -> Bool {
    requiredColumns.allSatisfy { document.column($0) != nil }
  }

  /// Reads a table of runs of GPT models as Megatron-LM and its descendants train them.
  ///
  /// `ffn`, `kv_heads` and `framework` may be given; without the first two an MLP is 4·hidden wide, and every head has
  /// its own key and value. Where `framework` is not given, a source counts as Megatron-LM when any of its runs uses
  /// sequence parallelism, which came with version 3.0 and never to Megatron-DeepSpeed's time, and as
  /// Megatron-DeepSpeed when none does.
  ///
  /// - Throws: `FileError` with line and column for a missing column, a value out of range, and a plan that cannot
  ///   carry its model.
  public static func read(_ document: CSVDocument) throws(FileError) -> [EndToEndRun] {
    for column in requiredColumns { _ = try document.requiredColumn(column) }
    let reader = EndToEndReader(document: document)
    var cutSequences: Set<String> = []
    for row in document.rows.indices where try reader.flag("sequence_parallel", row) {
      cutSequences.insert(reader.text("source", row))
    }
    var runs: [EndToEndRun] = []
    for row in document.rows.indices {
      let cutsSequences = cutSequences.contains(reader.text("source", row))
      runs.append(try reader.run(row, usual: cutsSequences ? .megatronLM : .megatronDeepSpeed))
    }
    return runs
  }
}

/// Turns the fields of one row into a run, with errors that point at the field.
private struct EndToEndReader {
  let document: CSVDocument

  func run(_ row: Int, usual: TrainingFramework) throws(FileError) -> EndToEndRun {
    guard let dtype = DataType(name: text("dtype", row)) else {
      throw failure("dtype", row, "one of \(DataType.list) is expected")
    }
    guard let recomputation = StepOptions.Recomputation(rawValue: text("recompute", row)) else {
      throw failure("recompute", row, "none, selective or full is expected")
    }
    guard let seconds = Double(text("time_s", row)), seconds > 0, seconds.isFinite else {
      throw failure("time_s", row, "a time in seconds is expected")
    }
    let name = text("framework", row)
    guard let framework = name.isEmpty ? usual : TrainingFramework(rawValue: name) else {
      throw failure("framework", row, "one of \(TrainingFramework.list) is expected")
    }
    let chunks = try size("interleave", row)
    let (hidden, dp) = (try size("hidden", row), try size("dp", row))
    let (batch, microBatch) = (try size("global_batch", row), try size("micro_batch", row))
    guard batch.isMultiple(of: dp), (batch / dp).isMultiple(of: microBatch) else {
      throw failure("global_batch", row, "a multiple of dp × micro_batch is expected")
    }
    let (keyValueHeads, ffn) = (try optionalSize("kv_heads", row), try optionalSize("ffn", row))
    do {
      let model = try ModelConfiguration(
        name: "\(text("source", row))-h\(hidden)", layers: size("layers", row), hidden: hidden,
        heads: size("heads", row), keyValueHeads: keyValueHeads, ffn: ffn ?? 4 * hidden,
        vocabulary: size("vocab", row), maximumPositions: size("seq", row), positions: .learned, hasBiases: true,
        tiedEmbeddings: true, dropout: true)
      let plan = try ParallelPlan(
        tp: size("tp", row), pp: size("pp", row), dp: dp, microBatches: batch / dp / microBatch, batch: batch,
        sequence: size("seq", row), dtype: dtype)
      let options = StepOptions.training(
        by: framework, chunks: chunks, recomputation: recomputation,
        sequenceParallel: try flag("sequence_parallel", row))
      try plan.validate(model, options: options)
      return EndToEndRun(
        source: text("source", row), device: text("device", row), model: model, plan: plan, framework: framework,
        options: options, seconds: seconds)
    } catch let error as FileError {
      throw error
    } catch {
      throw document.error(row: row, problem: "\(error)")
    }
  }

  /// A field's text; empty when the column is absent.
  func text(_ column: String, _ row: Int) -> String {
    document.column(column).map { document.rows[row][$0] } ?? ""
  }

  func flag(_ column: String, _ row: Int) throws(FileError) -> Bool {
    switch text(column, row) {
    case "0", "false": return false
    case "1", "true": return true
    default: throw failure(column, row, "0 or 1 is expected")
    }
  }

  private func size(_ column: String, _ row: Int) throws(FileError) -> Int {
    guard let value = Int(text(column, row)), value >= 1, value <= GEMMShape.maximumExtent else {
      throw failure(column, row, "a whole number from 1 to \(GEMMShape.maximumExtent) is expected")
    }
    return value
  }

  private func optionalSize(_ column: String, _ row: Int) throws(FileError) -> Int? {
    text(column, row).isEmpty ? nil : try size(column, row)
  }

  private func failure(_ column: String, _ row: Int, _ remedy: String) -> FileError {
    let value = text(column, row)
    return document.error(
      row: row, column: document.column(column) ?? 0, problem: "\(column) is \(value.isEmpty ? "empty" : value)",
      remedy: remedy)
  }
}
