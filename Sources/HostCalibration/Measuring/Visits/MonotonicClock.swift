internal import Foundation

/// The clock that samples are taken with: CLOCK_MONOTONIC_RAW, which no time daemon stretches.
public enum MonotonicClock {
  /// Seconds since some fixed moment.
  @inline(__always)
  public static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_RAW, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Seconds that the calling thread has spent on a core.
  static func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Seconds that one reading takes: the fastest of several rounds.
  static func cost() -> Double {
    var best = Double.infinity
    for _ in 0..<16 {
      let start = now()
      for _ in 0..<64 { _ = now() }
      best = min(best, (now() - start) / 64)
    }
    return max(best, 1e-9)
  }
}
