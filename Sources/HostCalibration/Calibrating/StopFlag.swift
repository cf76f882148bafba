internal import Synchronization

/// A flag that a signal handler or another thread raises to end a calibration early.
public final class StopFlag: Sendable {
  private let raised = Atomic<Bool>(false)

  /// A flag that is down.
  public init() {}

  /// Whether the flag has been raised.
  public var isRaised: Bool { raised.load(ordering: .relaxed) }

  /// Raises the flag; it stays up.
  public func raise() { raised.store(true, ordering: .relaxed) }
}
