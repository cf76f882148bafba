internal import ArgumentParser
internal import GEMMTiming

/// `--device` and `--dtype`.
struct DeviceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A built-in device, a device file (JSON), or host.", valueName: "name|file|host"))
  var device = "h100-sxm-80gb"

  @Option(help: "The element type; fp32 on the host and bf16 on GPUs unless told otherwise.")
  var dtype: DataType?

  /// Whether the measured machine itself is asked for.
  var isHost: Bool { device == "host" }

  /// The element type to use.
  var resolvedType: DataType { dtype ?? (isHost ? .fp32 : .bf16) }
}
