internal import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import TransformerModels

/// `--attention-kernel`: whose fused attention runs.
struct AttentionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Whose fused attention runs, of those that the device file has fits of.",
      discussion: """
        On an H100 cudnn and flash, which are PyTorch's, or serving, which is of serving frameworks. Measured rows that \
        name none are of it too.
        """,
      valueName: "name"))
  var attentionKernel: String?

  /// The options that were given.
  var given: [String] { attentionKernel == nil ? [] : ["--attention-kernel"] }

  /// Refuses a fused kernel's name where attention is unfused.
  func check(_ attention: StepOptions.Attention) throws {
    if attentionKernel != nil, attention != .fused {
      throw Failure.usage(
        "--attention-kernel names a fused kernel; --attention is \(attention.rawValue), add --attention fused")
    }
  }

  /// The device with that library as the usual one.
  ///
  /// - Throws: `FileError` where the device file has no fit of it.
  func applied(to device: DeviceSpecification) throws(FileError) -> DeviceSpecification {
    guard let attentionKernel else { return device }
    if let chosen = device.using(attentionKernel: attentionKernel) { return chosen }
    let known = device.attentionKernels
    throw FileError(
      .malformed, file: "--attention-kernel",
      problem: "the file of \(device.name) has no fit of \(attentionKernel)'s fused attention",
      remedy: known.isEmpty ? "it has none at all; leave the option out" : "it has \(known.joined(separator: ", "))")
  }
}
