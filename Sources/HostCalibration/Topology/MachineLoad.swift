internal import DataFiles
internal import Foundation

/// How much of the machine others use at this moment.
public struct MachineLoad: Hashable, Sendable {
  /// Tasks that ran or were ready to, on average over the last minute; nil where the system does not say.
  public var average: Double?
  /// The share of the cores' time that other programs took.
  public var others: Double
  /// The share of it that a hypervisor gave to other guests.
  public var stolen: Double
  /// The share of short readings of a fixed piece of work that took 1.25 times as long as the fastest tenth.
  public var slowReadings: Double

  /// The shares from which on a calibration beside them is not to be trusted: a core in five of others' work, a twentieth
  /// stolen, every third reading slow.
  static let limits = (others: 0.2, stolen: 0.05, slowReadings: 0.35)

  /// Whether any share is above what a calibration stands.
  public var isBusy: Bool {
    others > Self.limits.others || stolen > Self.limits.stolen || slowReadings > Self.limits.slowReadings
  }

  /// States a load; shares in 0…1.
  public init(average: Double?, others: Double, stolen: Double, slowReadings: Double) {
    self.average = average
    self.others = others
    self.stolen = stolen
    self.slowReadings = slowReadings
  }

  /// Looks for so many seconds, during which one thread works; nil where /proc/stat cannot be read.
  public static func now(seconds: Double = 0.4, files: HostFiles = HostFiles()) -> MachineLoad? {
    guard let before = Ticks(files) else { return nil }
    let ownBefore = ownSeconds()
    let readings = self.readings(seconds: seconds)
    let own = ownSeconds() - ownBefore
    guard let after = Ticks(files), after.all > before.all else { return nil }
    let all = after.all - before.all
    let busy = after.busy - before.busy - own * Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    let average = files.text("/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) }
    return MachineLoad(
      average: average, others: min(1, max(0, busy / all)),
      stolen: min(1, max(0, (after.stolen - before.stolen) / all)),
      slowReadings: slowShare(readings))
  }

  /// The share of readings that take 1.25 times as long as the one that a tenth of them does not exceed.
  static func slowShare(_ readings: [Double]) -> Double {
    guard !readings.isEmpty else { return 0 }
    let usual = readings.sorted()[readings.count / 10]
    return Double(readings.count { $0 > 1.25 * usual }) / Double(readings.count)
  }

  /// The first line of /proc/stat, in ticks.
  private struct Ticks {
    let all: Double
    let busy: Double
    let stolen: Double

    init?(_ files: HostFiles) {
      guard let line = files.text("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else {
        return nil
      }
      // user nice system idle iowait irq softirq steal; guests' time is in user already.
      let fields = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
      guard fields.count == 8 else { return nil }
      all = fields.reduce(0, +)
      stolen = fields[7]
      busy = all - fields[3] - fields[4] - stolen
    }
  }

  private static func ownSeconds() -> Double {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + 1e-6 * Double(time.tv_usec) }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// Seconds of pieces of integer work of about a tenth of a millisecond each.
  private static func readings(seconds: Double) -> [Double] {
    let end = MonotonicClock.now() + seconds
    var readings: [Double] = []
    var state: UInt64 = 1
    while MonotonicClock.now() < end {
      let begin = MonotonicClock.now()
      for _ in 0..<100_000 { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
      // The result is used, so that the work is done.
      readings.append(MonotonicClock.now() - begin + (state == 0 ? 1e-9 : 0))
    }
    return readings
  }
}

extension MachineLoad: CustomStringConvertible {
  /// `load 8.1, others use 97 % of the cores, 0 % is stolen, 41 % of short readings are slow`.
  public var description: String {
    func percent(_ share: Double) -> String { FixedPoint.text(100 * share, decimals: 0) + " %" }
    return (average.map { "load \(FixedPoint.text($0, decimals: 1)), " } ?? "")
      + "other programs use \(percent(others)) of the cores, the hypervisor takes \(percent(stolen)), "
      + "\(percent(slowReadings)) of short readings are slow"
  }
}
