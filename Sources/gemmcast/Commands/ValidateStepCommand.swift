internal import ArgumentParser
internal import DataFiles
internal import ForeignTables
internal import Reporting
internal import TransformerModels

/// `gemmcast validate --step`: a profiled step and its model, plan and device in, measured beside forecast out.
struct ValidateStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate-step",
    abstract: "Compare a step that a profiler recorded with its forecast, operation by operation.",
    usage: "gemmcast validate --step <file> [<model>] [<options>]",
    discussion: """
      The file is a trace of PyTorch's profiler of one rank (export_chrome_trace; record_shapes=True tells the extents), \
      or a kernel summary of Nsight Systems, which is compared by kind alone. Model, plan, device and --table are given \
      as to estimate. Products are compared by their extents, exchanges by kind, bytes and ranks, attention by heads and \
      lengths, all else by kind. What stands on one side alone is listed as such, so that the rows are all of the \
      kernels' time. Of several steps (ProfilerStep#N) the mean is taken.

        gemmcast validate --step trace.json llama-3.1-8b --mode prefill --attention fused --batch 1 --seq 4096
        gemmcast validate --step trace.json config.json --mode training --attention fused --tp 8 --batch 8 \\
          --table gemms.csv --table nccl.csv --format csv
        gemmcast validate --step cpu.json config.json --batch 2 --seq 128 --device host
      """,
    shouldDisplay: false)

  enum Format: String, OutputFormat { case text, markdown, json, csv }

  @Option(help: ArgumentHelp("The measured step: a profiler's trace.", valueName: "file"))
  var step: String

  @Option(
    help: ArgumentHelp(
      "How many equal steps the file holds, where it marks none; 1 unless told otherwise.", valueName: "number"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "The pipeline stage of the rank that was profiled; with --pp needed where the trace does not tell its rank.",
      valueName: "number"))
  var stage: Int?

  @OptionGroup var model: ModelArgument
  @OptionGroup var plan: PlanOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Schedule and memory") var schedule: ScheduleOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var system: SystemOptions
  @OptionGroup(title: "Element types") var numbers: NumberOptions
  @OptionGroup var layout: WeightOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var output: OutputOptions<Format>

  /// The arguments as the parser takes them: `validate` with `--step` is this command.
  static func routed(_ arguments: [String]) -> [String] {
    guard arguments.first == ValidateCommand.configuration.commandName, let own = configuration.commandName,
      arguments.contains(where: { $0 == "--step" || $0.hasPrefix("--step=") })
    else { return arguments }
    // Help is asked for without a file.
    if let help = arguments.first(where: { $0 == "--help" || $0 == "-h" }) { return [own, help] }
    return [own] + arguments.dropFirst()
  }

  /// What a message says of this command as the user called it.
  static func shown(_ message: String) -> String {
    guard let own = configuration.commandName else { return message }
    return message.replacing("`gemmcast \(own) --help`", with: "`gemmcast validate --step --help`")
  }

  func validate() throws {
    for (name, value, least) in [("--steps", steps, 1), ("--stage", stage, 0)] {
      if let value, value < least {
        throw ValidationError("\(name) is \(value); a whole number of at least \(least) is expected")
      }
    }
  }

  func run() throws {
    let profile = try ProfiledStep(contentsOf: step)
    try check(profile)
    let request = try RequestedStep(
      of: model.model, plan, work, schedule, numbers, device: device, system: system, tables: tables,
      layout: layout, outputs: [output.output])
    let rank = try ProfiledRank(profile, plan: request.plan, stage: stage)
    let count = steps ?? max(1, profile.steps)
    let estimate = try StepEstimate(
      model: request.model, plan: request.plan, options: request.options, timeModel: request.models.device)
    let comparison = StepComparison(
      MeasuredStep(profile, steps: count), estimate, stage: rank.stage,
      assumptions: [Self.sentence(on: profile, steps: count)] + rank.sentences + profile.limits
        + estimate.notes.map(\.description) + request.models.provenance)
    switch output.format {
    case .text: try output.write(comparison.document.text(width: 110))
    case .markdown: try output.write(comparison.document.markdown())
    case .json: try output.write(comparison.json())
    case .csv: try output.write(comparison.csv())
    }
  }

  /// Refuses a profile that is not of one device of the forecast's kind.
  private func check(_ profile: ProfiledStep) throws {
    if let steps, profile.steps > 0, profile.steps != steps {
      throw Failure.usage("--steps is \(steps); \(step) marks \(Quantity.counted(profile.steps, "step"))")
    }
    guard profile.devices == 1 else {
      throw Failure(
        Failure.Status.badData,
        "\(step): has kernels of \(profile.devices) GPUs; a trace of one rank, which uses one GPU, is expected")
    }
    if profile.isGPU, device.isHost {
      throw Failure.usage("\(step) has kernels of a GPU; --device is host, and the name of the GPU is expected")
    }
    if !profile.isGPU, !device.isHost {
      throw Failure.usage(
        "\(step) has operators of a CPU and no kernel of a GPU, which --device \(device.device) forecasts; "
          + "--device host, or a trace with ProfilerActivity.CUDA, is expected")
    }
  }

  private static func sentence(on profile: ProfiledStep, steps: Int) -> String {
    let marked =
      profile.steps > 0
      ? "The file marks \(Quantity.counted(profile.steps, "step")) (ProfilerStep#N)"
      : "The file marks no steps, and is taken as \(steps == 1 ? "one" : String(steps))"
    return marked + (steps > 1 ? ": measured times are means over them." : ".")
  }
}
