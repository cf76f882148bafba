internal import GEMMTiming

/// Runs passes over rows as a layer does them between its products: m rows of n elements, on the calling thread.
struct PassRunner {
  private let routine: TimingRow.Routine
  private let rows: Int
  private let width: Int
  /// Positions of one head's vector are turned by; nil for other passes than rotary ones.
  private let table: VectorKernel.RotaryTable?

  /// Elements of a head that rotary positions turn.
  static let headDimension = 64
  /// Rows that share a position, so that a long pass has a table of a usual length.
  private static let positions = 512

  init(_ item: WorkItem) {
    (routine, rows, width) = (item.routine, item.shape.m, item.shape.n)
    table =
      routine == .rotary
      ? VectorKernel.RotaryTable(positions: Self.positions, headDimension: Self.headDimension) : nil
  }

  /// One pass: `x` has the input's rows (a gate's and what goes through it side by side), `scale` two rows of parameters.
  @inline(never)
  func run(x: UnsafePointer<Float>, scale: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>) {
    switch routine {
    case .gemm, .copy, .axpy: break
    case .gelu: VectorKernel.gelu(x, to: y, count: rows * width)
    case .residual: VectorKernel.add(x, to: y, count: rows * width)
    case .layerNorm:
      for row in 0..<rows {
        let start = row * width
        VectorKernel.layerNorm(x + start, scale: scale, shift: scale + width, to: y + start, count: width)
      }
    case .rmsNorm:
      for row in 0..<rows {
        VectorKernel.rmsNorm(x + row * width, scale: scale, to: y + row * width, count: width)
      }
    case .softmax:
      // In place, as scores are; a row that has become even stays so, and takes as long.
      for row in 0..<rows { VectorKernel.softmax(y + row * width, count: width, visible: width, scale: 0.125) }
    case .swiglu:
      for row in 0..<rows {
        let gate = x + 2 * row * width
        VectorKernel.swiglu(gate: gate, up: gate + width, to: y + row * width, count: width)
      }
    case .rotary:
      guard let table else { return }
      for row in 0..<rows {
        for head in 0..<width / Self.headDimension {
          let start = row * width + head * Self.headDimension
          VectorKernel.rotate(
            x + start, to: y + start, headDimension: Self.headDimension, position: row % Self.positions, table: table)
        }
      }
    }
  }
}
