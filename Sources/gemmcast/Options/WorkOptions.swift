public import ArgumentParser
public import TransformerModels

/// Which work of a model is meant and by which kernels: what decides the shapes of its matrix multiplications.
struct WorkOptions: ParsableArguments {
  /// The names that `--mode` takes.
  enum Mode: String, CaseIterable, ExpressibleByArgument {
    case forward, training, prefill, decode

    /// The library's word.
    var work: StepOptions.Work {
      switch self {
      case .forward: .forward
      case .training: .training
      case .prefill: .prefill
      case .decode: .decode
      }
    }
  }

  @Option(
    help: ArgumentHelp(
      "The work of a step.",
      discussion: """
        forward is the forward pass alone; training adds the backward pass and the optimizer; prefill reads prompts into \
        a KV cache and gives one token each; decode gives one further token of each sequence.
        """))
  var mode: Mode = .forward

  @Option(
    help: "unfused: scores, softmax and weighted sum by kernels of their own; fused: one kernel (FlashAttention).")
  var attention: StepOptions.Attention = .unfused

  @Flag(help: "Cut norms and residuals along the sequence: reduce-scatter and all-gather in place of all-reduce.")
  var sequenceParallel = false

  @Flag(
    name: .customLong("separate-qkv"), help: "Queries, keys and values are three products; programs of today run one.")
  var separatesProjections = false

  @Option(help: ArgumentHelp("With --mode decode: tokens whose keys and values are cached.", valueName: "tokens"))
  var context: Int?

  /// The names of the options that the command line gives otherwise than they are by default.
  var given: [String] {
    [
      ("--mode", mode != .forward), ("--attention", attention != .unfused),
      ("--sequence-parallel", sequenceParallel), ("--separate-qkv", separatesProjections),
      ("--context", context != nil),
    ].filter(\.1).map(\.0)
  }

  /// The sequence that decoding is part of: what is cached, and the token that is computed; nil unless `--context` says.
  func sequence(given: Int?) throws -> Int? {
    guard let context else { return given }
    guard mode == .decode else { throw Failure.usage("--context is for --mode decode; --mode is \(mode.rawValue)") }
    guard given == nil else { throw Failure.usage("give either --context or --seq, which counts the new token too") }
    guard context > 0, context < Int.max else { throw Failure.usage("--context is \(context); at least 1 is expected") }
    return context + 1
  }

  /// The step's options, as far as they decide the shapes.
  var stepOptions: StepOptions {
    var options = StepOptions(work: mode.work, attention: attention, sequenceParallel: sequenceParallel)
    options.separatesProjections = separatesProjections
    return options
  }
}

extension StepOptions.Attention: ExpressibleByArgument {}
extension StepOptions.Recomputation: ExpressibleByArgument {}
extension StepOptions.Optimizer: ExpressibleByArgument {}

extension Failure {
  /// Options that do not go together, or a value that none takes.
  static func usage(_ message: String) -> Failure { Failure(Status.usage, message) }
}
