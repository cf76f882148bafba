public import ArgumentParser
internal import DeviceModels
internal import GEMMTiming
public import TransformerModels

extension ParallelPlan.ContextExchange: ExpressibleByArgument {}
extension StepOptions.GradientExchange: ExpressibleByArgument {}

extension WeightFormat: ExpressibleByArgument {
  /// An element type, or one of the packed formats.
  public init?(argument: String) {
    if let packed = Self.packed.first(where: { $0.name == argument.lowercased() }) {
      self = packed
    } else if let type = DataType(name: argument) {
      self = .plain(type)
    } else {
      return nil
    }
  }

  /// All names, for help and messages.
  public static var allValueStrings: [String] { DataType.allCases.map(\.rawValue) + packed.map(\.name) }
}

/// The element types beside that of a step's products.
struct NumberOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The type of what stands between products: residual stream, norms, attention, exchanges, embedding and head.",
      discussion: "bf16 where --dtype is below 16 bits, else the same as --dtype."))
  var activationDtype: DataType?

  @Option(
    help: ArgumentHelp(
      "How the linear layers' weights are stored; as --dtype unless told otherwise.",
      discussion: "int4, mxfp4 and nf4 count with their scales. Training keeps at least the activations' type."))
  var weightDtype: WeightFormat?

  @Option(help: "The type of cached keys and values; the activations' unless told otherwise.")
  var kvDtype: DataType?

  @Option(help: "The type in which gradients travel: fp32, or weights for the weights' own type.")
  var gradientDtype: StepOptions.GradientExchange?

  /// The names of the options that the command line gives.
  var given: [String] {
    [
      ("--activation-dtype", activationDtype != nil), ("--weight-dtype", weightDtype != nil),
      ("--kv-dtype", kvDtype != nil), ("--gradient-dtype", gradientDtype != nil),
    ].filter(\.1).map(\.0)
  }

  /// The types of a step: those that are given, else those that the model's file says, else the usual ones.
  ///
  /// - Parameters:
  ///   - model: the model, whose file may say how its numbers are stored.
  ///   - device: the device; its type of products is set where the file decides it.
  ///   - mode: the work; training does not compute in the types that a file stores weights in.
  /// - Returns: the types beside the products'.
  /// - Throws: `FileError` for a device that cannot be read, `Failure` for types that do not go together.
  func resolve(
    for model: ModelConfiguration, on device: inout DeviceOptions, _ mode: WorkOptions.Mode
  ) throws -> NumberTypes {
    let storage = model.storage
    let file = storage.activation.flatMap { $0.size == 2 ? $0 : nil }
    if device.dtype == nil, !device.isHost {
      device.dtype = file
      if mode != .training, let product = storage.product,
        try DeviceSpecification.find(device.device).peaks[product] != nil
      {
        device.dtype = product
      }
    }
    var types = NumberTypes(for: device.resolvedType)
    if device.resolvedType.size < 2, let file { types.activation = file }
    if let activationDtype {
      guard activationDtype.size >= device.resolvedType.size else {
        throw Failure.usage(
          "--activation-dtype \(activationDtype.rawValue) is smaller than \(device.resolvedType.rawValue), the type of the "
            + "products; at least as large is expected")
      }
      types.activation = activationDtype
    }
    if mode != .training, let stored = storage.weight {
      types.weight = stored
      types.storesAttentionSo = storage.includesAttention
    }
    if let weightDtype {
      types.weight = weightDtype
      types.storesAttentionSo = true
    }
    types.cache = kvDtype ?? types.activation
    return types
  }
}
