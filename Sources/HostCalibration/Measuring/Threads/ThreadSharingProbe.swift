internal import Foundation

/// Finds up to which m·k·n a product stays on the calling thread, by seeing which products wake other threads.
///
/// A product is shared if a thread that slept before was given a core during it. That does not depend on how long anything
/// takes, nor on what else the machine does: a shared product does not end before the others did their part.
struct ThreadSharingProbe {
  /// Whether (64, k, 64) is shared; nil where that cannot be seen.
  let isShared: (_ k: Int) -> Bool?

  /// m and n of the products, which any kernel can divide among threads.
  static let side = 64
  /// Volumes at which OpenBLAS is known to begin; one is taken for what is found where it lies within the finding.
  private static let known = [LoneVolume.usual, LoneVolume.halved, LoneVolume.wide]
  /// The largest k that is tried: a library that does not share that much is asked no further.
  static let largest = 4096
  /// Values of k to begin with, ascending, as only shared products take their time; next to known volumes on both sides.
  private static let ladder = [16, 32, 64, 65, 128, 129, 244, 245, 512, 1024, 2048, largest]

  /// The m·k·n up to which products are computed alone; nil where none is shared, or nothing can be seen.
  func loneVolume() -> Double? {
    var (alone, shared) = (0, Int?.none)
    for k in Self.ladder {
      guard let isShared = isShared(k) else { return nil }
      if isShared {
        shared = k
        break
      }
      alone = k
    }
    guard var shared else { return nil }
    while shared - alone > 1 {
      let middle = (alone + shared) / 2
      guard let isShared = isShared(middle) else { return nil }
      if isShared { shared = middle } else { alone = middle }
    }
    // Both ends once more: a thread that something else woke would be taken for a shared product.
    guard isShared(shared) == true, alone == 0 || isShared(alone) == false else { return nil }
    let unit = Double(Self.side * Self.side)
    return Self.known.first { $0 >= Double(alone) * unit && $0 < Double(shared) * unit } ?? Double(alone) * unit
  }
}

extension ThreadSharingProbe {
  /// Seconds that the library's threads may take to fall asleep.
  private static let patience = 2.0

  /// A probe of this process's OpenBLAS, whose other threads must all be the library's.
  init() {
    let operand = Array(repeating: Float(1), count: Self.side * Self.largest)
    let tasks = OtherTasks()
    isShared = { k in
      guard tasks.waitUntilAsleep(seconds: Self.patience), let before = tasks.turns else { return nil }
      var product = Array(repeating: Float(0), count: Self.side * Self.side)
      OpenBLAS.sgemm(m: Self.side, k: k, n: Self.side, a: operand, b: operand, c: &product)
      // OpenMP makes its threads for the first product that it shares.
      guard let after = tasks.turns else { return nil }
      return after != before
    }
  }
}
