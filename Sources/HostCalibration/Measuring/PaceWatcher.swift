internal import Foundation
internal import Synchronization

/// A thread that takes readings of one core's pace while others compute on it.
///
/// It sleeps for a millisecond or more between two readings; when it wakes, the scheduler lets it in at once, as it has
/// hardly used the core: readings come 0.03 to 0.1 ms late. They take one or two percent of the core.
final class PaceWatcher: Sendable {
  /// What was heard in one watch.
  struct Heard {
    /// Seconds that each reading's products took.
    var readings: [Double] = []
    /// Seconds that the watcher had the core.
    var awake = 0.0
  }

  private struct State {
    var hardwareThread = 0
    var isWatching = false
    var isParked = true
    var isClosed = false
    var began = 0.0
    var heard = Heard()
  }

  private let state = Mutex(State())
  private let call = DispatchSemaphore(value: 0)

  /// Readings of one watch, all that there is room for: of the seconds after them, none are taken.
  private static let capacity = 4096
  /// Seconds between two readings at first and in the end, and the share of the time so far that lies between them.
  private static let (shortest, longest, share) = (1e-3, 4e-3, 1.0 / 32)

  /// Starts the thread, which waits until it is called and ends when it is closed.
  init(seed: UInt64, hwloc: Hwloc) {
    state.withLock { $0.heard.readings.reserveCapacity(Self.capacity) }
    Thread { self.run(seed: seed, hwloc: hwloc) }.start()
  }

  /// Watches the core of a hardware thread from now on.
  func begin(on hardwareThread: Int) {
    let isParked = state.withLock { state in
      state.hardwareThread = hardwareThread
      (state.isWatching, state.began) = (true, MonotonicClock.now())
      state.heard.readings.removeAll(keepingCapacity: true)
      state.heard.awake = 0
      defer { state.isParked = false }
      return state.isParked
    }
    if isParked { call.signal() }
  }

  /// Readings of this watch so far, or of the last one.
  var count: Int { state.withLock { $0.heard.readings.count } }

  /// Stops watching, and says what was heard.
  func end<Result: Sendable>(_ body: (borrowing Heard) -> Result) -> Result {
    // Not woken, it finds out in its sleep's own time, and breaks into nothing.
    state.withLock { state in
      state.isWatching = false
      return body(state.heard)
    }
  }

  /// Ends the thread.
  func close() {
    state.withLock { ($0.isWatching, $0.isClosed) = (false, true) }
    call.signal()
  }

  private func run(seed: UInt64, hwloc: Hwloc) {
    let probe = PaceProbe(seed: seed)
    var bound: Int?
    while true {
      call.wait()
      while let (hardwareThread, elapsed) = due() {
        if hardwareThread != bound { bound = hwloc.bindCallingThread(to: hardwareThread) ? hardwareThread : nil }
        Thread.sleep(forTimeInterval: min(max(elapsed * Self.share, Self.shortest), Self.longest))
        let woken = MonotonicClock.now()
        guard isWatching(bound), let reading = probe.reading() else { continue }
        state.withLock { state in
          guard state.isWatching, state.heard.readings.count < Self.capacity else { return }
          state.heard.readings.append(reading)
          state.heard.awake += MonotonicClock.now() - woken
        }
      }
      if state.withLock({ $0.isClosed }) { return }
    }
  }

  private func isWatching(_ hardwareThread: Int?) -> Bool {
    state.withLock { $0.isWatching && $0.hardwareThread == hardwareThread }
  }

  /// The hardware thread to watch and the seconds since that began; nil where nothing is to be watched, and the thread parks.
  private func due() -> (hardwareThread: Int, elapsed: Double)? {
    state.withLock { state in
      guard state.isWatching else {
        state.isParked = true
        return nil
      }
      return (state.hardwareThread, MonotonicClock.now() - state.began)
    }
  }
}
