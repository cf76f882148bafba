internal import Foundation
internal import Reporting
internal import TransformerModels

/// What forecasting a step will cost here.
enum StepCost {
  /// Steps of fewer operations take seconds at most, and nothing is said of them.
  private static let worthSaying = 1e7

  /// Says what a large step costs before it is laid out, and refuses one that does not fit in this machine's memory.
  static func check(_ size: StepSize) throws {
    guard size.operations > worthSaying else { return }
    let step =
      "the step has about \(Quantity.count(size.operations)) operations, and its forecast takes about "
      + "\(Quantity.bytes(size.bytes)) of memory"
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard size.bytes <= memory else {
      throw Failure.usage("\(step); this machine has \(Quantity.bytes(memory)): fewer micro-batches are expected")
    }
    Diagnostics.note("\(step) and \(Quantity.time(size.seconds))")
  }
}
