/// The clock between operations: readings, and what one costs.
public struct StepClock: Sendable {
  /// Seconds that one reading takes.
  public let cost: Double

  /// A clock whose cost is measured now.
  public init() { cost = MonotonicClock.cost() }

  /// How often the scheduler has taken a core away from a thread of this process.
  public func interruptions() -> Int { Disturbance.involuntarySwitches() }

  /// Seconds since some fixed moment.
  @inline(__always)
  public func now() -> Double { MonotonicClock.now() }
}
