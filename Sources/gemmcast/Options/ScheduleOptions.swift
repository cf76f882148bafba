internal import ArgumentParser
internal import TransformerModels

/// In which order and with what overlap a step runs, and what it keeps in memory.
struct ScheduleOptions: ParsableArguments {
  /// The names that `--schedule` takes.
  enum Schedule: String, CaseIterable, ExpressibleByArgument {
    case gpipe
    case oneForwardOneBackward = "1f1b"
    case interleaved
    case zeroBubble = "zb-h1"
  }

  @Option(
    help: "The pipeline's schedule in training; 1f1b unless told otherwise, interleaved with --interleave above 1.")
  var schedule: Schedule?

  @Option(help: ArgumentHelp("Parts of the model on each pipeline stage.", valueName: "v"))
  var interleave: Int?

  @Option(help: "What is computed again in the backward pass to save memory.")
  var recompute: StepOptions.Recomputation?

  @Option(
    help: ArgumentHelp(
      "ZeRO: replicas divide the optimizer's state (1), gradients as well (2), weights as well (3).",
      valueName: "0|1|2|3"))
  var zero: Int?

  @Option(
    help: ArgumentHelp(
      "Gradients that replicas exchange at once, as in 25MB; a bucket a layer unless told otherwise.",
      valueName: "size"))
  var bucketSize: MemorySize?

  @Option(help: "What turns gradients into weights; adam unless told otherwise, sgd is with momentum.")
  var optimizer: StepOptions.Optimizer?

  @Flag(inversion: .prefixedNo, help: "Whether exchanges between GPUs run beside computation where dependencies allow.")
  var overlap = true

  @Flag(help: "Operations are launched one by one, as PyTorch does without CUDA graphs: the host may be too slow.")
  var eager = false

  /// The names of the options that the command line gives otherwise than they are by default.
  var given: [String] {
    ofTraining
      + [
        ("--schedule", schedule != nil), ("--interleave", interleave != nil), ("--no-overlap", !overlap),
        ("--eager", eager),
      ].filter(\.1).map(\.0)
  }

  /// The names of those given that only training has.
  private var ofTraining: [String] {
    [
      ("--recompute", recompute != nil), ("--zero", zero != nil), ("--bucket-size", bucketSize != nil),
      ("--optimizer", optimizer != nil),
    ].filter(\.1).map(\.0)
  }

  /// The whole options of a step.
  func stepOptions(_ work: WorkOptions) throws -> StepOptions {
    var options = work.stepOptions
    options.schedule = try schedule(of: work)
    try checkTraining(work)
    guard let sharding = StepOptions.DataSharding(rawValue: zero ?? 0) else {
      throw Failure.usage("--zero is \(zero ?? 0); 0, 1, 2 or 3 is expected")
    }
    if bucketSize != nil, !overlap {
      throw Failure.usage("--bucket-size cuts what overlaps the backward pass, which --no-overlap excludes")
    }
    if bucketSize != nil, sharding.rawValue >= StepOptions.DataSharding.gradients.rawValue {
      throw Failure.usage("--zero \(sharding.rawValue) exchanges gradients layer by layer; leave --bucket-size out")
    }
    options.recomputation = recompute ?? .none
    options.dataSharding = sharding
    options.optimizer = optimizer ?? .adam
    options.bucketSize = bucketSize?.bytes
    options.overlapsGradients = overlap && work.mode == .training
    options.overlapped = overlap ? StepOptions().overlapped : []
    options.launch = eager ? .eager : nil
    return options
  }

  private func schedule(of work: WorkOptions) throws -> StepOptions.Schedule {
    if let interleave, interleave < 1 {
      throw Failure.usage("--interleave is \(interleave); a whole number of at least 1 is expected")
    }
    let parts = interleave ?? 1
    switch schedule {
    case .interleaved:
      guard parts > 1 else {
        throw Failure.usage("--schedule interleaved needs --interleave, 2 or more parts of the model on each stage")
      }
      return .interleaved(chunks: parts)
    case .some(let named) where parts > 1:
      throw Failure.usage("--interleave \(parts) is for --schedule interleaved; --schedule is \(named.rawValue)")
    case nil where parts > 1: return .interleaved(chunks: parts)
    case .some(let named) where work.mode != .training:
      throw Failure.usage(
        "--schedule \(named.rawValue) orders forward and backward passes; --mode \(work.mode.rawValue) has no backward pass"
      )
    case .gpipe: return .gPipe
    case .zeroBubble: return .zeroBubble
    case .oneForwardOneBackward: return .oneForwardOneBackward
    case nil: return work.mode == .training ? .oneForwardOneBackward : .gPipe
    }
  }

  /// What only training has.
  private func checkTraining(_ work: WorkOptions) throws {
    guard work.mode != .training else { return }
    guard ofTraining.isEmpty else {
      throw Failure.usage("\(ofTraining.joined(separator: ", ")): for --mode training; --mode is \(work.mode.rawValue)")
    }
  }
}
