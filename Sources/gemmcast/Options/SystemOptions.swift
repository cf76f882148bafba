internal import ArgumentParser
internal import DataFiles
internal import DeviceModels

/// What runs on a device and how devices are wired, where it is not as the device file says.
struct SystemOptions: ParsableArguments {
  @OptionGroup var attention: AttentionOptions
  @OptionGroup(title: "Network between nodes") var fabric: FabricOptions

  /// The options that were given.
  var given: [String] { attention.given + fabric.given }

  /// The device in that system.
  ///
  /// - Throws: `Failure` or `FileError` where the device file has not what an option needs.
  func applied(to device: DeviceSpecification) throws -> DeviceSpecification {
    try fabric.wire(attention.applied(to: device))
  }

  /// Refuses what only GPUs have.
  func refuseOnHost() throws {
    if !given.isEmpty { throw Failure.usage("--device is host; \(given.joined(separator: ", ")): of GPUs") }
  }
}
