internal import Foundation
internal import GEMMTiming
internal import SeededRandom

/// Memory for operands: an input region of random values in [−1, 1] and an output region, every page touched.
///
/// Operands begin on cache lines (64 bytes), as deep-learning frameworks allocate them: with `malloc`'s 16 bytes,
/// AVX-512 kernels take up to 30 % longer on skinny shapes. An item's operands stand in *slots*: hot measurements use
/// one, cold ones walk through as many as fill the last-level cache twice, in an order that no prefetcher follows.
///
/// In a single slot A, B and C begin at fixed, different distances from a page's start, whatever the shape: where they
/// follow each other, the distances modulo 4096 bytes (by which processors tell loads from earlier stores) are as good as
/// random, and times of small shapes with them: 3 % on average, 15 % and more for some. The regions lie on huge pages
/// where the system gives them, so that which physical pages a process got does not decide a shape's time.
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
    /// From the start of a slot's inputs to the first B.
    let bStart: Int
    /// From the start of the output region to the first C.
    let cStart: Int

    var slotInputs: Int { bStart + batch * b }
    var slotOutputs: Int { batch * c }
    var inputFloats: Int { slots * slotInputs }
    var outputFloats: Int { cStart + slots * slotOutputs }
  }

  private static let pageFloats = 1024
  /// A third and two thirds of a page, on cache lines.
  private static let bOffset = 336
  private static let cOffset = 672
  /// The usual huge page of 64-bit processors.
  private static let hugePageBytes = 2 << 20

  private let limit: Double
  private let coldBytes: Double
  private let seed: UInt64
  private(set) var input: UnsafeMutablePointer<Float>?
  private(set) var output: UnsafeMutablePointer<Float>?
  private var inputCapacity = 0
  private var outputCapacity = 0

  /// An empty arena that may grow to `limit` bytes; cold slots fill `coldBytes`.
  init(limit: Double, coldBytes: Double, seed: UInt64) {
    self.limit = limit
    self.coldBytes = coldBytes
    self.seed = seed
  }

  deinit { release() }

  /// Bytes that are held.
  var bytes: Double { 4 * (Double(inputCapacity) + Double(outputCapacity)) }

  /// Gives all memory back.
  func release() {
    free(input)
    free(output)
    (input, output, inputCapacity, outputCapacity) = (nil, nil, 0, 0)
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
    guard layout.inputFloats > inputCapacity || layout.outputFloats > outputCapacity else { return layout }
    // Each region only grows, or shapes large on one side and then the other would have it filled again and again.
    var (wantInput, wantOutput) = (max(layout.inputFloats, inputCapacity), max(layout.outputFloats, outputCapacity))
    if 4 * (Double(wantInput) + Double(wantOutput)) > limit {
      (wantInput, wantOutput) = (layout.inputFloats, layout.outputFloats)
    }
    (wantInput, wantOutput) = (max(wantInput, 1 << 19), max(wantOutput, 1 << 19))
    // What is held would count against what the system has left.
    release()
    let total = 4 * (Double(wantInput) + Double(wantOutput))
    if let available = HostFiles().memoryInformation("MemAvailable"), total > 0.95 * Double(available) {
      throw .outOfMemory(item.shape, bytes: total)
    }
    guard let newInput = Self.allocate(wantInput), let newOutput = Self.allocate(wantOutput) else {
      throw .outOfMemory(item.shape, bytes: total)
    }
    (input, inputCapacity, output, outputCapacity) = (newInput, wantInput, newOutput, wantOutput)
    fill(newInput, wantInput)
    fill(newOutput, wantOutput)
    return layout
  }

  private func layout(of item: WorkItem) throws(CalibrationError) -> Layout {
    let shape = item.shape
    // Checked above: the operands' bytes are at most the limit, so none of these products can overflow.
    func lines(_ rows: Int, _ columns: Int) -> Int { (rows * columns + 15) / 16 * 16 }
    let isGEMM = item.routine == .gemm
    let a = isGEMM ? lines(shape.m, shape.k) : lines(shape.m, 1)
    let b = isGEMM ? lines(shape.k, shape.n) : 0
    let c = isGEMM ? lines(shape.m, shape.n) : lines(shape.m, 1)
    let slotBytes = 4 * Double(shape.batch) * Double(a + b + c)
    // Rounding to cache lines can multiply tiny problems of a huge batch.
    guard slotBytes <= limit else { throw .overMemory(shape, bytes: slotBytes, limit: limit) }
    var slots = 1
    if item.cache == .cold {
      let wanted = 1 + (coldBytes / slotBytes).rounded(.up)
      slots = max(1, Int(min(wanted, (limit / slotBytes).rounded(.down), 1e7)))
    }
    let isAlone = slots == 1
    let allA = shape.batch * a
    let bStart = isAlone ? (allA + Self.pageFloats - 1) / Self.pageFloats * Self.pageFloats + Self.bOffset : allA
    return Layout(
      a: a, b: b, c: c, batch: shape.batch, slots: slots, stride: Self.stride(slots), bStart: bStart,
      cStart: isAlone ? Self.cOffset : 0)
  }

  /// About the golden section of `slots`, and coprime to it.
  static func stride(_ slots: Int) -> Int {
    guard slots > 2 else { return slots == 2 ? 1 : 0 }
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    var stride = max(1, Int(Double(slots) * 0.618_033_988_75))
    while divisor(slots, stride) != 1 { stride -= 1 }
    return stride
  }

  private static func allocate(_ floats: Int) -> UnsafeMutablePointer<Float>? {
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, hugePageBytes, floats * 4) == 0, let pointer else { return nil }
    #if os(Linux)
    // A wish: where the system has no huge pages for us, the region lies on small ones.
    _ = madvise(pointer, floats * 4, MADV_HUGEPAGE)
    #endif
    return pointer.bindMemory(to: Float.self, capacity: floats)
  }

  /// Random values, repeated with a prime period: drawing each of a gigabyte's would take longer than measuring.
  private func fill(_ target: UnsafeMutablePointer<Float>, _ count: Int) {
    let period = min(count, 262_139)
    var generator = SplitMix64(seed: seed)
    for index in 0..<period {
      target[index] = Float(Int64(bitPattern: generator.next()) >> 39) * 0x1p-24
    }
    var filled = period
    while filled < count {
      // Whole periods, so that the copy continues the sequence.
      let length = min(filled / period * period, count - filled)
      (target + filled).update(from: target, count: length)
      filled += length
    }
  }
}
