public import ArgumentParser
internal import GEMMTiming
public import RooflineModels

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
        shipped is all that the device file has, parameters fitted to rows of GPUs among it; tiles leaves those out; \
        ceilings lets the host's measured fractions of the ceilings decide; roofline is the specification alone.
        """))
  var detail: DeviceModel.Detail = .shipped

  /// Whether the measured machine itself is asked for.
  var isHost: Bool { device == "host" }

  /// The element type to use.
  var resolvedType: DataType { dtype ?? (isHost ? .fp32 : .bf16) }
}

extension DeviceModel.Detail: ExpressibleByArgument {
  /// The names that `--detail` takes.
  private static let names: [(name: String, detail: Self)] = [
    ("roofline", .roofline), ("ceilings", .ceilings), ("tiles", .tiles), ("shipped", .shipped),
  ]

  /// The level of a name.
  public init?(argument: String) {
    guard let known = Self.names.first(where: { $0.name == argument }) else { return nil }
    self = known.detail
  }

  /// The names, from the least known to the most.
  public static var allValueStrings: [String] { names.map(\.name) }

  /// The name of this level.
  public var defaultValueDescription: String { Self.names.first { $0.detail == self }?.name ?? title }
}
