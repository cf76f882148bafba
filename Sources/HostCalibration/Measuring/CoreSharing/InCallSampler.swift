internal import Foundation
internal import Synchronization

/// A thread that samples the speed of one core with a probe while a call runs there.
///
/// It sleeps for a millisecond or more between two readings. When it wakes, the scheduler lets it in at once, as it has
/// hardly used the core: readings come 0.03 to 0.1 ms late. They take one or two percent of the core.
final class InCallSampler: Sendable {
  /// What was read during one call.
  struct Samples {
    /// Seconds that each reading's products took.
    var readings: [Double] = []
    /// Seconds that the sampler had the core.
    var awake = 0.0
  }

  private struct State {
    var hardwareThread = 0
    var isSampling = false
    var isParked = true
    var isClosed = false
    var began = 0.0
    var samples = Samples()
  }

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)

  /// Readings of one call for which there is room; of the seconds after them, none are taken.
  private static let capacity = 4096
  /// Seconds between two readings at first and in the end, and the share of the time so far that lies between them.
  private static let (shortest, longest, share) = (1e-3, 4e-3, 1.0 / 32)

  /// Starts the thread, which waits until it is woken and ends when it is closed.
  init(seed: UInt64, hwloc: Hwloc) {
    state.withLock { $0.samples.readings.reserveCapacity(Self.capacity) }
    Thread { self.run(seed: seed, hwloc: hwloc) }.start()
  }

  /// Samples the core of a hardware thread from now on.
  func begin(on hardwareThread: Int) {
    let isParked = state.withLock { state in
      state.hardwareThread = hardwareThread
      (state.isSampling, state.began) = (true, MonotonicClock.now())
      state.samples.readings.removeAll(keepingCapacity: true)
      state.samples.awake = 0
      defer { state.isParked = false }
      return state.isParked
    }
    if isParked { wake.signal() }
  }

  /// Readings of this call so far, or of the last one.
  var count: Int { state.withLock { $0.samples.readings.count } }

  /// Stops, and hands over what was read.
  func end<Result: Sendable>(_ body: (borrowing Samples) -> Result) -> Result {
    // Not woken, the thread finds out in its sleep's own time, and breaks into nothing.
    state.withLock { state in
      state.isSampling = false
      return body(state.samples)
    }
  }

  /// Ends the thread.
  func close() {
    state.withLock { ($0.isSampling, $0.isClosed) = (false, true) }
    wake.signal()
  }

  private func run(seed: UInt64, hwloc: Hwloc) {
    let probe = ProbeKernel(seed: seed)
    var bound: Int?
    while true {
      wake.wait()
      while let (hardwareThread, elapsed) = due() {
        if hardwareThread != bound { bound = hwloc.bindCallingThread(to: hardwareThread) ? hardwareThread : nil }
        Thread.sleep(forTimeInterval: min(max(elapsed * Self.share, Self.shortest), Self.longest))
        let woken = MonotonicClock.now()
        guard isSampling(bound), let reading = probe.reading() else { continue }
        state.withLock { state in
          guard state.isSampling, state.samples.readings.count < Self.capacity else { return }
          state.samples.readings.append(reading)
          state.samples.awake += MonotonicClock.now() - woken
        }
      }
      if state.withLock({ $0.isClosed }) { return }
    }
  }

  private func isSampling(_ hardwareThread: Int?) -> Bool {
    state.withLock { $0.isSampling && $0.hardwareThread == hardwareThread }
  }

  /// The hardware thread to sample and the seconds since that began; nil where there is none, and the thread parks.
  private func due() -> (hardwareThread: Int, elapsed: Double)? {
    state.withLock { state in
      guard state.isSampling else {
        state.isParked = true
        return nil
      }
      return (state.hardwareThread, MonotonicClock.now() - state.began)
    }
  }
}
