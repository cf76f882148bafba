internal import GEMMTiming
internal import SeededRandom

/// Runs blocks of calls of one item over its slots.
struct CallRunner {
  private let item: WorkItem
  /// Kept for its memory, which calls go to by pointers.
  private let arena: OperandArena
  private let layout: OperandArena.Layout
  private let input: UnsafeMutablePointer<Float>
  private let output: UnsafeMutablePointer<Float>
  /// Runs passes over rows; nil for products and streams.
  private let passes: PassRunner?
  private var slot = 0
  private var alpha: Float = 1e-3

  /// Places the item's operands in the arena.
  init(item: WorkItem, arena: OperandArena) throws(CalibrationError) {
    self.item = item
    self.arena = arena
    layout = try arena.prepare(item)
    guard let input = arena.input, let output = arena.output else {
      throw .outOfMemory(item.shape, bytes: item.operandBytes)
    }
    passes = item.routine.passKind == nil ? nil : PassRunner(item)
    self.input = input
    self.output = output
  }

  /// Seconds that `count` calls take; a call does the whole batch.
  mutating func time(_ count: Int) -> Double {
    switch item.routine {
    case .gemm: timeProducts(count)
    case .copy: timeCopies(count)
    case .axpy: timeSums(count)
    case .layerNorm, .rmsNorm, .softmax, .gelu, .swiglu, .rotary, .residual: timePasses(count)
    }
  }

  private mutating func timePasses(_ count: Int) -> Double {
    guard let passes else { return 0 }
    let start = MonotonicClock.now()
    for _ in 0..<count {
      advance()
      passes.run(x: xOf(0), scale: bOf(0), y: yOf(0))
    }
    return MonotonicClock.now() - start
  }

  private mutating func timeProducts(_ count: Int) -> Double {
    let (m, k, n, stored) = (item.shape.m, item.shape.k, item.shape.n, item.layout)
    let (a, b, c, batch) = (layout.a, layout.b, layout.c, layout.batch)
    let (slots, stride) = (layout.slots, layout.stride)
    let (aStep, bStep, cStep) = (layout.aStep, layout.bStep, layout.cStep)
    let weights = input + layout.bStart
    let output = output + layout.cStart
    var slot = slot
    let start = MonotonicClock.now()
    for _ in 0..<count {
      slot += stride
      if slot >= slots { slot -= slots }
      let x = input + slot * aStep
      let w = weights + slot * bStep
      let y = output + slot * cStep
      var index = 0
      while index < batch {
        OpenBLAS.sgemm(m: m, k: k, n: n, layout: stored, a: x + index * a, b: w + index * b, c: y + index * c)
        index += 1
      }
    }
    let end = MonotonicClock.now()
    self.slot = slot
    return end - start
  }

  private mutating func timeCopies(_ count: Int) -> Double {
    let (length, batch) = (item.shape.m, layout.batch)
    let start = MonotonicClock.now()
    for _ in 0..<count {
      advance()
      for index in 0..<batch {
        OpenBLAS.scopy(count: length, x: xOf(index), y: yOf(index))
      }
    }
    return MonotonicClock.now() - start
  }

  private mutating func timeSums(_ count: Int) -> Double {
    let (length, batch) = (item.shape.m, layout.batch)
    let start = MonotonicClock.now()
    for _ in 0..<count {
      advance()
      // Back and forth, so that no number of calls lets y grow without bound.
      alpha = -alpha
      for index in 0..<batch {
        OpenBLAS.saxpy(count: length, alpha: alpha, x: xOf(index), y: yOf(index))
      }
    }
    return MonotonicClock.now() - start
  }

  private mutating func advance() {
    slot += layout.stride
    if slot >= layout.slots { slot -= layout.slots }
  }

  private func xOf(_ index: Int) -> UnsafeMutablePointer<Float> {
    input + slot * layout.aStep + index * layout.a
  }
  private func bOf(_ index: Int) -> UnsafeMutablePointer<Float> {
    input + layout.bStart + slot * layout.bStep + index * layout.b
  }
  private func yOf(_ index: Int) -> UnsafeMutablePointer<Float> {
    output + layout.cStart + slot * layout.cStep + index * layout.c
  }
}

extension CallRunner {
  /// Compares the last call's result with the plain sum of products in double precision on sampled entries.
  ///
  /// The tolerance is the classic bound of a dot product in any order of summation, γₖ·Σ|aᵢ·bᵢ| with
  /// γₖ = k·u/(1 − k·u), u = 2⁻²⁴ (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1).
  ///
  /// - Throws: ``CalibrationError/wrongResult(_:error:tolerance:)``. O(k) an entry.
  mutating func checkResult(seed: inout UInt64) throws(CalibrationError) {
    var generator = SplitMix64(seed: seed)
    seed = generator.next()
    let last = layout.batch - 1
    let rows = item.shape.m
    let columns = item.routine == .gemm ? item.shape.n : 1
    var entries = [(0, 0), (rows - 1, columns - 1), (rows - 1, 0), (0, columns - 1)]
    for _ in 0..<4 {
      entries.append((Int.random(in: 0..<rows, using: &generator), Int.random(in: 0..<columns, using: &generator)))
    }
    switch item.routine {
    case .gemm: for (i, j) in entries { try checkProduct(i, j, batchIndex: last) }
    // Their results are checked where the kernels are tested: a pass may overwrite what it read.
    case .layerNorm, .rmsNorm, .softmax, .gelu, .swiglu, .rotary, .residual: break
    case .copy:
      for (i, _) in entries { try compare(Double(yOf(last)[i]), with: Double(xOf(last)[i]), tolerance: 0) }
    case .axpy:
      // y as the next call will find it.
      let here = slot
      advance()
      let before = entries.map { Double(yOf(last)[$0.0]) }
      slot = here
      _ = time(1)
      for ((i, _), y) in zip(entries, before) {
        let expected = y + Double(alpha) * Double(xOf(last)[i])
        try compare(Double(yOf(last)[i]), with: expected, tolerance: 4 * 0x1p-24 * (abs(y) + abs(expected)) + 1e-12)
      }
    }
  }

  private func checkProduct(_ i: Int, _ j: Int, batchIndex: Int) throws(CalibrationError) {
    let (m, k, n) = (item.shape.m, item.shape.k, item.shape.n)
    let (isATurned, isBTurned) = (item.layout.transposesA, item.layout.transposesB)
    let a = xOf(batchIndex) + (isATurned ? i : i * k)
    let b = bOf(batchIndex) + (isBTurned ? j * k : j)
    let (stepA, stepB) = (isATurned ? m : 1, isBTurned ? 1 : n)
    var (sum, magnitude) = (0.0, 0.0)
    for index in 0..<k {
      let product = Double(a[index * stepA]) * Double(b[index * stepB])
      sum += product
      magnitude += abs(product)
    }
    let rounding = (Double(k) + 1) * 0x1p-24
    let tolerance = rounding / max(1 - rounding, 0.5) * magnitude + 1e-30
    try compare(Double(yOf(batchIndex)[i * n + j]), with: sum, tolerance: tolerance)
  }

  private func compare(_ value: Double, with expected: Double, tolerance: Double) throws(CalibrationError) {
    let error = abs(value - expected)
    // Not `>`: a NaN must fail.
    if !(error <= tolerance) { throw .wrongResult(item.shape, error: error, tolerance: tolerance) }
  }
}
