internal import GEMMTiming
internal import HostCalibration

extension LayerEngine {
  private func keyCache(_ weights: LayerWeights) -> Floats { weights.keyCache ?? buffers.keyCache ?? buffers.key }
  private func valueCache(_ weights: LayerWeights) -> Floats {
    weights.valueCache ?? buffers.valueCache ?? buffers.value
  }

  /// The position of a computed token: in decoding it is the last, behind those that are cached.
  private func position(_ index: Int) -> Int { sizes.keyLength - sizes.queryLength + index }

  /// Does something with each vector of a token's heads and the place that it has head by head.
  ///
  /// - Parameters:
  ///   - heads: how many heads a token has.
  ///   - length: positions of the place's buffer for each head.
  ///   - stride: from one token to the next.
  ///   - body: given the offsets of a vector among the tokens and among the heads, and its position.
  private func forEachVector(
    heads: Int, length: Int, stride: Int, _ body: (_ token: Int, _ head: Int, _ position: Int) -> Void
  ) {
    let width = sizes.headDimension
    // Head by head: tokens are as far from each other as heads are wide, heads as sequences are long, which may be a power
    // of two, and so many lines of one cache set do not stay.
    for sequence in 0..<sizes.batch {
      for head in 0..<heads {
        for index in 0..<sizes.queryLength {
          let token = (sequence * sizes.queryLength + index) * stride + head * width
          let place = length == sizes.queryLength ? index : position(index)
          body(token, ((sequence * heads + head) * length + place) * width, position(index))
        }
      }
    }
  }

  /// Turns queries and keys by their positions, into the order of heads.
  func rotate(_ weights: LayerWeights) {
    guard let rotary else { return }
    let cache = keyCache(weights)
    forEachVector(heads: sizes.heads, length: sizes.queryLength, stride: sizes.queryStride) { token, head, position in
      // Heads that are not moved are turned where they are.
      rotate(
        buffers.query + token, to: buffers.queryHeads + (sizes.movesHeads ? head : token), position: position, rotary)
    }
    forEachVector(
      heads: sizes.keyValueHeads, length: sizes.keyLength, stride: sizes.keyValueStride
    ) { token, head, position in
      rotate(buffers.key + token, to: cache + head, position: position, rotary)
    }
  }

  /// Turns the first elements of one head's vector, and takes the others along.
  private func rotate(_ x: Floats, to y: Floats, position: Int, _ table: VectorKernel.RotaryTable) {
    let rotated = sizes.rotated
    VectorKernel.rotate(x, to: y, headDimension: rotated, position: position, table: table)
    if rotated < sizes.headDimension, x != y {
      VectorKernel.copy(x + rotated, to: y + rotated, count: sizes.headDimension - rotated)
    }
  }

  /// Brings the heads of values together, and of queries and keys where no rotation has done it.
  func moveHeads(_ weights: LayerWeights) {
    let (width, keys, values) = (sizes.headDimension, keyCache(weights), valueCache(weights))
    if rotary == nil {
      if sizes.movesHeads {
        forEachVector(heads: sizes.heads, length: sizes.queryLength, stride: sizes.queryStride) { token, head, _ in
          VectorKernel.copy(buffers.query + token, to: buffers.queryHeads + head, count: width)
        }
      }
      forEachVector(heads: sizes.keyValueHeads, length: sizes.keyLength, stride: sizes.keyValueStride) {
        token, head, _ in
        VectorKernel.copy(buffers.key + token, to: keys + head, count: width)
      }
    }
    forEachVector(heads: sizes.keyValueHeads, length: sizes.keyLength, stride: sizes.keyValueStride) { token, head, _ in
      VectorKernel.copy(buffers.value + token, to: values + head, count: width)
    }
  }

  /// Q·Kᵀ of each key-value head, with the rows of all query heads that share it.
  func score(_ weights: LayerWeights) {
    let (rows, width, length, keys) = (sizes.scoreRows, sizes.headDimension, sizes.keyLength, keyCache(weights))
    for sequence in 0..<sizes.batch {
      let queries = buffers.queryHeads + sequence * sizes.querySequenceStride
      for head in 0..<sizes.keyValueHeads {
        let place = sequence * sizes.keyValueHeads + head
        MatrixProduct.compute(
          m: rows, k: width, n: length, layout: .nt, a: queries + head * rows * width, b: keys + place * length * width,
          c: buffers.scores + place * rows * length)
      }
    }
  }

  /// Softmax of each position's scores, divided by the root of a head's elements, over the positions up to its own.
  func softmax() {
    let (rows, length) = (sizes.scoreRows, sizes.keyLength)
    let scale = 1 / Float(sizes.headDimension).squareRoot()
    for head in 0..<sizes.batch * sizes.keyValueHeads {
      for row in 0..<rows {
        VectorKernel.softmax(
          buffers.scores + (head * rows + row) * length, count: length,
          visible: sizes.isCausal ? row % sizes.queryLength + 1 : length, scale: scale)
      }
    }
  }

  /// The weighted sums of the values.
  func weigh(_ weights: LayerWeights) {
    let (rows, width, length, values) = (sizes.scoreRows, sizes.headDimension, sizes.keyLength, valueCache(weights))
    for head in 0..<sizes.batch * sizes.keyValueHeads {
      MatrixProduct.compute(
        m: rows, k: length, n: width, layout: .nn, a: buffers.scores + head * rows * length,
        b: values + head * length * width, c: buffers.headOutput + head * rows * width)
    }
  }

  /// Brings what heads gave for one token together.
  func gatherHeads() {
    forEachVector(heads: sizes.heads, length: sizes.queryLength, stride: sizes.queryWidth) { token, head, _ in
      VectorKernel.copy(buffers.headOutput + head, to: buffers.merged + token, count: sizes.headDimension)
    }
  }
}
