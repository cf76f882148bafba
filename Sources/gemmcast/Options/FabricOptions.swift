internal import ArgumentParser
internal import DeviceModels

/// How the network between nodes is wired, where it is not as the device file says.
struct FabricOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Nodes on one set of leaf switches; the device file's unless told otherwise.", valueName: "number"))
  var railNodes: Int?

  @Option(
    help: ArgumentHelp(
      "What the nodes of a set of leaf switches can send over what its links into the spine carry, as 7 for 7 to 1; the "
        + "device file's unless told otherwise.", valueName: "factor"))
  var spineOversubscription: Double?

  func validate() throws {
    if let railNodes, !(1...1_000_000).contains(railNodes) {
      throw ValidationError("--rail-nodes is \(railNodes); a number from 1 to 1000000 is expected")
    }
    if let spineOversubscription, !NetworkFabric.oversubscriptions.contains(spineOversubscription) {
      throw ValidationError(
        "--spine-oversubscription is \(spineOversubscription); a factor from 1 to 1000 is expected")
    }
  }

  /// The options that were given.
  var given: [String] {
    (railNodes == nil ? [] : ["--rail-nodes"]) + (spineOversubscription == nil ? [] : ["--spine-oversubscription"])
  }

  /// The device in the network that the command line describes.
  ///
  /// - Throws: `Failure` where neither the command line nor the file has the other figure.
  func wire(_ device: DeviceSpecification) throws -> DeviceSpecification {
    guard railNodes != nil || spineOversubscription != nil else { return device }
    if device.fabric == nil, railNodes == nil || spineOversubscription == nil {
      let (given, missing) =
        railNodes == nil
        ? ("--spine-oversubscription", "--rail-nodes") : ("--rail-nodes", "--spine-oversubscription")
      throw Failure.usage("\(given) needs \(missing), as the file of \(device.name) has neither figure")
    }
    return device.wired(
      railNodes: railNodes.map { Figure(Double($0), source: "--rail-nodes") },
      spineOversubscription: spineOversubscription.map { Figure($0, source: "--spine-oversubscription") })
  }
}
