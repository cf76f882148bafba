/// How much slower than when quiet the calling thread's core is now: a probe's readings between blocks of calls.
///
/// Where the hardware threads of a core belong to different guests, a product takes 1.3 to 1.5 times as long while the
/// other thread is at work. On a cloud's Emerald Rapids cores that lasts a tenth of a millisecond to ten milliseconds, and a
/// second now and then.
final class CoreSlowdown {
  private let probe: ProbeKernel
  private var baseline = SlowdownBaseline()

  /// From which slowdown on the core counts as shared: readings on a quiet core differ by a few percent, and lie above the
  /// usual one; those beside a neighbour are 1.25 times that and more.
  static let shared = 1.1

  /// Readings of all cores before the first judgement.
  private static let firstReadings = 100

  /// Readings with a probe of its own; without memory for it, every moment counts as quiet.
  init(seed: UInt64) { probe = ProbeKernel(seed: seed) }

  /// Takes first readings of a core, one of so many.
  ///
  /// They are a millisecond apart: a neighbour that was there all the while would be the usual.
  func takeFirstReadings(oneOf cores: Int) {
    for _ in 0..<Self.firstReadings / max(1, cores) {
      _ = now()
      probe.work(seconds: 1e-3)
    }
  }

  /// Takes a reading, and returns how many times as long as usual it took.
  func now() -> Double { probe.reading().map { baseline.slowdown($0) } ?? 1 }

  /// The level of a slowdown over a quiet core's readings.
  func level(_ slowdown: Double, on scale: SharingScale) -> Double { baseline.level(slowdown, on: scale) }
}
