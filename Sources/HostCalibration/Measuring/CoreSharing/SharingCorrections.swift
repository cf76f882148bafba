internal import Foundation
internal import GEMMTiming

/// The corrections of calls of all sizes: one for each decade of work, and others for calls that several threads share.
final class SharingCorrections {
  private var alone = assumedSlopes.map { SharingCorrection(scale: .alone, slope: $0) }
  private var shared = assumedSlopes.map { _ in SharingCorrection(scale: .shared, slope: assumedOfShared) }

  /// What is assumed of 10³, 10⁴, … flops before anything was measured.
  ///
  /// From two calibrations of a Zen 3 core (``SharingScale/alone``). Small ones feel a neighbour as much as the readings
  /// do, whose short loops wait for each other; large ones fill a core's units.
  private static let assumedSlopes = [0.6, 0.55, 0.47, 0.41, 0.38, 0.36]
  /// Of several cores the first one's level, or the slowest one's, says less of the whole.
  private static let assumedOfShared = 0.35
  private static let leastPower = 3

  /// The correction of an item's calls, which one thread does or several share.
  subscript(item: WorkItem, isAlone isAlone: Bool) -> SharingCorrection {
    get { isAlone ? alone[Self.index(item.shape.flops)] : shared[Self.index(item.shape.flops)] }
    set {
      let index = Self.index(item.shape.flops)
      if isAlone { alone[index] = newValue } else { shared[index] = newValue }
    }
  }

  /// What is assumed of calls of so many flops before any of them was measured.
  static func assumed(flops: Double, isAlone: Bool) -> SharingCorrection {
    isAlone
      ? SharingCorrection(scale: .alone, slope: assumedSlopes[index(flops)])
      : SharingCorrection(scale: .shared, slope: assumedOfShared)
  }

  private static func index(_ flops: Double) -> Int {
    let power = log10(max(flops, 1))
    return min(max(Int(min(power, 99)) - leastPower, 0), assumedSlopes.count - 1)
  }
}
