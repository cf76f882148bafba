internal import Foundation

/// What the host's launching of operations one by one costs a step: what bounds models whose operations are short.
///
/// For n operations that keep a GPU busy for G seconds, with H = n·``operation``,
///
///     t = (H^q + G^q)^(1/q),   q = ``knee``
///
/// which is max(H, G) where one of them is much the longer. Where they are alike each waits for the other in turn,
/// because operations differ in length.
public struct HostLaunch: Hashable, Sendable {
  /// Seconds that the host takes to launch one operation of a layer.
  public var operation: Double
  /// Seconds that it takes besides for each pass of a micro-batch: inputs, masks, embedding, head, the schedule.
  public var pass: Double
  /// How sharp the transition is from steps that the host bounds to steps that the GPU bounds.
  public var knee: Double
  /// The ratio of the 90 % interval's ends to the median: hosts differ, and so does one host from run to run.
  public var spread: Double

  /// A host that takes `operation` seconds an operation.
  public init(operation: Double, pass: Double, knee: Double, spread: Double) {
    self.operation = operation
    self.pass = pass
    self.knee = knee
    self.spread = spread
  }

  /// Seconds by which `gpu` and `host` seconds of work together exceed the longer of the two.
  func stall(host: Double, gpu: Double) -> Double {
    let (longer, shorter) = (max(host, gpu), min(host, gpu))
    guard longer > 0, longer.isFinite else { return 0 }
    return longer * (pow(1 + pow(shorter / longer, knee), 1 / knee) - 1)
  }

  /// PyTorch in eager mode running Megatron's layers, launched operation by operation from Python.
  ///
  /// Three constants of lowest mean error, and a spread that holds 90 % of the errors, over 698 single-node steps of
  /// small models on A100s that vTrain publishes (Bang et al., MICRO 2024, MIT licence). An operation of the graph is a
  /// few kernels of PyTorch, which is why it costs more than the 5 to 10 µs of one. How they were found, and the errors
  /// on groups held out of the fit: <doc:StepAccuracy>.
  public static let eager = HostLaunch(operation: 63e-6, pass: 0.7e-3, knee: 5, spread: 1.25)
}
