internal import Foundation
internal import GEMMTiming

/// Memory for operands: an input region of random values in [−1, 1] and an output region, every page touched.
///
/// Operands begin on cache lines (64 bytes), as deep-learning frameworks allocate them: with `malloc`'s 16 bytes,
/// AVX-512 kernels take up to 30 % longer on skinny shapes. An item's operands stand in *slots*: hot measurements use
/// one; cold ones walk through as many as fill the last-level cache twice, in an order that no prefetcher follows; those of
/// a sequence walk so through their Bs, the weights of other layers, while A and C stay where they are.
///
/// In a single slot A, B and C begin at fixed, different distances from a page's start, whatever the shape: where they
/// follow each other, the distances modulo 4096 bytes (by which processors tell loads from earlier stores) are as good as
/// random, and times of small shapes with them: 3 % on average, 15 % and more for some.
final class OperandArena {
  /// How an item's operands lie in the regions; offsets and lengths in floats.
  struct Layout {
    /// Floats of one problem's A (or x), B and C (or y), rounded up to cache lines.
    let a, b, c: Int
    let batch: Int
    /// How many slots are walked through.
    let slots: Int
    /// By how many slots each call moves on: coprime to `slots`, so that all of them are visited.
    let stride: Int
    /// From the start of the first slot's inputs to its first B.
    let bStart: Int
    /// From the start of the output region to the first C.
    let cStart: Int
    /// Whether A and C are the same in all slots.
    let sharesActivations: Bool

    /// From one slot's A, B and C to the next one's.
    var aStep: Int { sharesActivations ? 0 : bStart + batch * b }
    var bStep: Int { sharesActivations ? batch * b : aStep }
    var cStep: Int { sharesActivations ? 0 : batch * c }
    var inputFloats: Int { bStart + batch * b + (slots - 1) * bStep }
    var outputFloats: Int { cStart + batch * c + (slots - 1) * cStep }
  }

  private static let pageFloats = 1024
  /// A third and two thirds of a page, on cache lines.
  private static let bOffset = 336
  private static let cOffset = 672

  private let limit: Double
  private let coldBytes: Double
  private let inputs: OperandRegion
  private let outputs: OperandRegion

  /// An empty arena that may grow to `limit` bytes; cold slots fill `coldBytes`.
  init(limit: Double, coldBytes: Double, seed: UInt64) {
    self.limit = limit
    self.coldBytes = coldBytes
    let most = Int(min(limit / 4, 0x1p52))
    inputs = OperandRegion(most: most, seed: seed)
    outputs = OperandRegion(most: most, seed: seed)
  }

  /// The operands that calls read, and those that they write; nil before the first item.
  var input: UnsafeMutablePointer<Float>? { inputs.start }
  var output: UnsafeMutablePointer<Float>? { outputs.start }

  /// Bytes that are held.
  var bytes: Double { Self.bytes(inputs.filled, outputs.filled) }

  /// Gives all memory back.
  func release() {
    inputs.release()
    outputs.release()
  }

  /// Makes room for an item's operands.
  ///
  /// - Throws: ``CalibrationError/overMemory(_:bytes:limit:)`` or ``CalibrationError/outOfMemory(_:bytes:)``.
  func prepare(_ item: WorkItem) throws(CalibrationError) -> Layout {
    let bytes = item.operandBytes
    guard bytes <= limit else { throw .overMemory(item.shape, bytes: bytes, limit: limit) }
    for extent in [item.shape.m, item.shape.k, item.shape.n] where extent > OpenBLAS.maximumExtent {
      throw .overMemory(item.shape, bytes: bytes, limit: 4 * Double(OpenBLAS.maximumExtent))
    }
    let layout = try layout(of: item)
    var missing =
      Self.bytes(max(layout.inputFloats - inputs.filled, 0), max(layout.outputFloats - outputs.filled, 0))
    if missing == 0 { return layout }
    // What one shape needed on one side must not keep the next from its other.
    if bytesHeld(with: layout) > limit {
      release()
      missing = Self.bytes(layout.inputFloats, layout.outputFloats)
    }
    if let available = HostFiles().memoryInformation("MemAvailable"), missing > 0.95 * Double(available) {
      throw .outOfMemory(item.shape, bytes: missing)
    }
    guard inputs.fill(layout.inputFloats), outputs.fill(layout.outputFloats) else {
      throw .outOfMemory(item.shape, bytes: missing)
    }
    return layout
  }

  /// Bytes that will be held when an item's operands are there too.
  private func bytesHeld(with layout: Layout) -> Double {
    Self.bytes(max(layout.inputFloats, inputs.filled), max(layout.outputFloats, outputs.filled))
  }

  private static func bytes(_ inputFloats: Int, _ outputFloats: Int) -> Double {
    4 * (Double(inputFloats) + Double(outputFloats))
  }

  private func layout(of item: WorkItem) throws(CalibrationError) -> Layout {
    let shape = item.shape
    // Checked above: the operands' bytes are at most the limit, so none of these products can overflow.
    func lines(_ rows: Int, _ columns: Int) -> Int { (rows * columns + 15) / 16 * 16 }
    let isGEMM = item.routine == .gemm
    let (a, b, c) =
      if isGEMM {
        (lines(shape.m, shape.k), lines(shape.k, shape.n), lines(shape.m, shape.n))
      } else if item.routine.isStream {
        (lines(shape.m, 1), 0, lines(shape.m, 1))
      } else {
        // What is read, two rows of parameters, and what is written.
        (lines(shape.m, shape.n * item.routine.operandCount), lines(2, shape.n), lines(shape.m, shape.n))
      }
    let slotBytes = 4 * Double(shape.batch) * Double(a + b + c)
    // Rounding to cache lines can multiply tiny problems of a huge batch.
    guard slotBytes <= limit else { throw .overMemory(shape, bytes: slotBytes, limit: limit) }
    // Streams have no weights: what a sequence leaves of them is what a cold call finds.
    let isSequence = item.cache == .sequence && isGEMM
    let walked = isSequence ? 4 * Double(shape.batch) * Double(b) : slotBytes
    var slots = 1
    if item.cache != .hot {
      let wanted = 1 + (coldBytes / walked).rounded(.up)
      slots = max(1, Int(min(wanted, 1 + ((limit - slotBytes) / walked).rounded(.down), 1e7)))
    }
    let isPlaced = slots == 1 || isSequence
    let allA = shape.batch * a
    let bStart = isPlaced ? (allA + Self.pageFloats - 1) / Self.pageFloats * Self.pageFloats + Self.bOffset : allA
    return Layout(
      a: a, b: b, c: c, batch: shape.batch, slots: slots, stride: Self.stride(slots), bStart: bStart,
      cStart: isPlaced ? Self.cOffset : 0, sharesActivations: isSequence)
  }

  /// About the golden section of `slots`, and coprime to it.
  static func stride(_ slots: Int) -> Int {
    guard slots > 2 else { return slots == 2 ? 1 : 0 }
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    var stride = max(1, Int(Double(slots) * 0.618_033_988_75))
    while divisor(slots, stride) != 1 { stride -= 1 }
    return stride
  }
}
