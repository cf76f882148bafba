internal import ArgumentParser
internal import DeviceModels
internal import GEMMTiming

/// `--device` and `--dtype`.
struct DeviceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A built-in device, a device file (JSON), or host.", valueName: "name|file|host"))
  var device = "h100-sxm-80gb"

  @Option(help: "The element type; fp32 on the host and bf16 on GPUs unless told otherwise.")
  var dtype: DataType?

  @Option(
    help: ArgumentHelp(
      "How much is known of a GPU.",
      discussion: """
        shipped is all that the device file has, parameters fitted to rows of GPUs among it; tiles leaves those out \
        for what other GPUs' rows have in common; ceilings lets the host's measured fractions of the ceilings decide; roofline is the specification alone.
        """))
  var detail: Detail = .shipped

  /// The names that `--detail` takes.
  enum Detail: String, CaseIterable, ExpressibleByArgument {
    case roofline, ceilings, tiles, shipped

    /// The level of the device's model.
    var level: DeviceModel.Detail {
      switch self {
      case .roofline: .roofline
      case .ceilings: .ceilings
      case .tiles: .tiles
      case .shipped: .shipped
      }
    }
  }

  /// Whether the measured machine itself is asked for.
  var isHost: Bool { device == "host" }

  /// The element type to use.
  var resolvedType: DataType { dtype ?? (isHost ? .fp32 : .bf16) }
}
