public import ArgumentParser
internal import DeviceModels
public import GEMMTiming
internal import TransformerModels

extension TimingRow.CacheState: ExpressibleByArgument {}
extension WeightLayout: ExpressibleByArgument {}

/// `--weights`: how a model's weights are stored, which decides the layout of its products on a host.
struct WeightOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "On a host, how weights are stored: out-in as PyTorch has them, so that products are A·Bᵀ, or in-out, so that they are A·B.",
      discussion: "Unless told otherwise, time answers for in-out, and what goes through a model for out-in.",
      valueName: "out-in|in-out"))
  var weights: WeightLayout?
}

/// `--cache`: where the operands of products are.
struct CacheOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where operands are: hot as a call of the same product left them, cold in no cache, sequence as a step leaves them.",
      discussion: """
        In a sequence weights are in no cache and activations near. On a GPU hot is as benchmarks have it, with six weights in \
        turn, and cold is as in a sequence. Unless told otherwise, time answers for hot, and what goes \
        through a model for sequence.
        """, valueName: "hot|cold|sequence"))
  var cache: TimingRow.CacheState?
}

/// Where a host's operands are and how they lie.
struct HostOperands {
  var cache = TimingRow.CacheState.hot
  var weights = WeightLayout.inOut
  /// Bytes that a step reads between two uses of a weight; nil where they are many times what caches hold.
  var reuse: Double?

  /// Where operands are that somebody asks about one by one.
  init(_ cache: CacheOptions? = nil, _ layout: WeightOptions? = nil, of device: DeviceOptions? = nil) throws {
    try self.init(cache, layout, of: device, usually: (.hot, .inOut))
  }

  /// Where a model's operands are.
  init(
    _ cache: CacheOptions? = nil, _ layout: WeightOptions, of device: DeviceOptions, model: ModelConfiguration,
    ranks: Int
  ) throws {
    try self.init(cache, layout, of: device, usually: (.sequence, .outIn))
    reuse = Double(device.resolvedType.size) * model.parameters / Double(max(ranks, 1))
  }

  /// Where the operands of layers that are run are, whose weights take `reuse` bytes together.
  init(replayed weights: WeightLayout, reuse: Double) {
    (cache, self.weights, self.reuse) = (.sequence, weights, reuse)
  }

  private init(
    _ cache: CacheOptions?, _ layout: WeightOptions?, of device: DeviceOptions?,
    usually: (cache: TimingRow.CacheState, weights: WeightLayout)
  ) throws {
    if let device, !device.isHost {
      if layout?.weights != nil { throw Failure.usage("--weights is of hosts; --device is \(device.device)") }
    }
    self.cache = cache?.cache ?? usually.cache
    weights = layout?.weights ?? usually.weights
  }
}
