internal import Foundation

/// The end of the calling thread's heap, kept at a fixed distance from a page's start while calls are timed.
///
/// A library that takes memory in each call, as OpenBLAS's small-matrix kernels do (``HeapVariable``), gets it from there:
/// what is free before it is taken first, until all of the sizes below come from the end. Where memory is handed out
/// otherwise, this does nothing but take some.
struct HeapEnd {
  private var taken: [UnsafeMutableRawPointer] = []

  /// The distance in bytes: on no cache line, as most that `malloc` gives, and far from where an ``OperandArena`` lays A,
  /// B and C.
  private static let distance = 688
  private static let pageBytes = 4096
  /// Sizes that stand for those that calls ask for, the largest first, that few pieces fill a large gap; and one that no
  /// gap has room for.
  private static let sizes = [16384, 8192, 4096, 2560, 1536, 1024, 640, 384, 256, 160, 96]
  private static let largest = 40_000
  /// More gaps than a heap has that a run of tests has used; a bound where memory is handed out otherwise.
  private static let mostTaken = 4096
  /// What glibc puts before each piece, and the unit of its sizes.
  private static let header = 8
  private static let unit = 16

  /// Takes what is free before the end, and what is between the end and the distance.
  init() {
    taken.reserveCapacity(Self.mostTaken)
    guard var end = Self.end() else { return }
    for size in Self.sizes {
      while taken.count < Self.mostTaken - 1, let piece = malloc(size) {
        if piece == end {
          free(piece)
          break
        }
        taken.append(piece)
        end = Self.end() ?? end
      }
    }
    // Where each thread keeps small pieces that are given back, the end has moved since.
    end = Self.end() ?? end
    let missing = (Self.distance - Int(bitPattern: end)) & (Self.pageBytes - 1)
    guard missing > 0, missing.isMultiple(of: Self.unit) else { return }
    // Pieces of less than two units there are none.
    let bytes = missing < 2 * Self.unit ? missing + Self.pageBytes : missing
    if let piece = malloc(bytes - Self.header) { taken.append(piece) }
  }

  /// Gives everything back.
  consuming func release() {
    for piece in taken { free(piece) }
  }

  private static func end() -> UnsafeMutableRawPointer? {
    guard let piece = malloc(largest) else { return nil }
    free(piece)
    return piece
  }
}
