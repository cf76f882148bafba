internal import GEMMTiming
internal import HostCalibration
internal import TransformerModels

/// One layer's weights on one rank, and its cache of keys and values where it keeps one.
struct LayerWeights {
  typealias Floats = UnsafeMutablePointer<Float>

  /// Of one product parts of one matrix: side by side as rows where weights are [out, in], as columns where [in, out].
  let query, key, value: Floats
  let projection: Floats
  let firstScale, firstShift, secondScale, secondShift: Floats
  let router: Floats?
  /// Up and down projection of each expert, or of the one MLP.
  let up, down: [Floats]
  /// [sequence][key-value head][position][element]; nil where layers share one.
  let keyCache, valueCache: Floats?

  /// Floats of each piece of a layer, in the order in which they are taken.
  static func pieces(_ sizes: RankSizes) -> [Int] {
    let (hidden, experts) = (sizes.hidden, sizes.experts?.visited ?? 1)
    let (queries, keys) = (hidden * sizes.queryWidth, hidden * sizes.keyValueWidth)
    let attention = (sizes.fusesProjections ? [queries + 2 * keys] : [queries, keys, keys]) + [queries]
    let norms = Array(repeating: hidden, count: 4)
    let router = sizes.experts.map { [hidden * $0.count] } ?? []
    let mlp = Array(repeating: [hidden * sizes.upWidth, sizes.downWidth * hidden], count: experts).flatMap(\.self)
    return attention + norms + router + mlp + (sizes.keepsCache ? [cacheFloats(sizes), cacheFloats(sizes)] : [])
  }

  /// Floats of a cache of keys or values.
  static func cacheFloats(_ sizes: RankSizes) -> Int {
    sizes.batch * sizes.keyValueHeads * sizes.keyLength * sizes.headDimension
  }

  /// Takes a layer's pieces from memory and fills them; nil where the memory has no room for them.
  init?(_ sizes: RankSizes, layer: Int, seed: UInt64, stored: WeightLayout, memory: FloatMemory) {
    let pieces = Self.pieces(sizes).map { memory.piece($0) }
    let given = pieces.compactMap(\.self)
    guard given.count == pieces.count else { return nil }
    var next = given.makeIterator()
    func take() -> Floats? { next.next() }
    guard let query = take() else { return nil }
    self.query = query
    if sizes.fusesProjections {
      let step = stored == .outIn ? sizes.hidden : 1
      (key, value) = (
        query + step * sizes.queryWidth, query + step * (sizes.queryWidth + sizes.keyValueWidth)
      )
    } else {
      guard let key = take(), let value = take() else { return nil }
      (self.key, self.value) = (key, value)
    }
    guard let projection = take(), let firstScale = take(), let firstShift = take(), let secondScale = take(),
      let secondShift = take()
    else { return nil }
    self.projection = projection
    (self.firstScale, self.firstShift) = (firstScale, firstShift)
    (self.secondScale, self.secondShift) = (secondScale, secondShift)
    router = sizes.experts == nil ? nil : take()
    var (up, down) = ([Floats](), [Floats]())
    for _ in 0..<(sizes.experts?.visited ?? 1) {
      guard let wide = take(), let narrow = take() else { return nil }
      up.append(wide)
      down.append(narrow)
    }
    (self.up, self.down) = (up, down)
    (keyCache, valueCache) = sizes.keepsCache ? (take(), take()) : (nil, nil)
    fill(sizes, WeightFiller(sizes: sizes, layer: layer, seed: seed, stored: stored))
  }

  private func fill(_ sizes: RankSizes, _ filler: WeightFiller) {
    let width = sizes.headDimension
    let heads = sizes.firstHead * width..<(sizes.firstHead + sizes.heads) * width
    let keyHeads = sizes.firstKeyValueHead * width..<(sizes.firstKeyValueHead + sizes.keyValueHeads) * width
    let (all, inside) = (0..<sizes.hidden, sizes.rank * sizes.downWidth..<(sizes.rank + 1) * sizes.downWidth)
    let ffn = sizes.downWidth * sizes.tp
    let gate = sizes.gated ? [inside, ffn + inside.lowerBound..<ffn + inside.upperBound] : [inside]
    let queries = sizes.heads * sizes.tp * width
    filler.matrix(
      .query, rows: all, fullRows: sizes.hidden, columns: [heads], fullColumns: queries, pitch: sizes.queryStride,
      to: query)
    for (matrix, start) in [(WeightValues.Matrix.key, key), (.value, value)] {
      filler.matrix(
        matrix, rows: all, fullRows: sizes.hidden, columns: [keyHeads], fullColumns: sizes.allKeyValueHeads * width,
        pitch: sizes.keyValueStride, to: start)
    }
    filler.matrix(
      .projection, rows: heads, fullRows: queries, columns: [all], fullColumns: sizes.hidden, to: projection)
    for expert in up.indices {
      filler.matrix(
        .up, expert: expert, rows: all, fullRows: sizes.hidden, columns: gate, fullColumns: ffn * gate.count,
        to: up[expert])
      filler.matrix(
        .down, expert: expert, rows: inside, fullRows: ffn, columns: [all], fullColumns: sizes.hidden, to: down[expert])
    }
    if let router, let experts = sizes.experts {
      filler.matrix(
        .router, rows: all, fullRows: sizes.hidden, columns: [0..<experts.count], fullColumns: experts.count,
        to: router)
    }
    filler.vector(.firstScale, around: 1, count: sizes.hidden, to: firstScale)
    filler.vector(.secondScale, around: 1, count: sizes.hidden, to: secondScale)
    // What has no shift keeps the zeros that memory comes with.
    if sizes.hasShift {
      filler.vector(.firstShift, around: 0, count: sizes.hidden, to: firstShift)
      filler.vector(.secondShift, around: 0, count: sizes.hidden, to: secondShift)
    }
    if let keyCache { filler.cache(.keyCache, to: keyCache) }
    if let valueCache { filler.cache(.valueCache, to: valueCache) }
  }
}

/// Fills the parts of one layer's matrices that one rank has.
struct WeightFiller {
  let sizes: RankSizes
  let layer: Int
  let seed: UInt64
  let stored: WeightLayout

  /// Values of variance 1/k, so that a product's elements are of its input's size.
  func matrix(
    _ matrix: WeightValues.Matrix, expert: Int = 0, rows: Range<Int>, fullRows: Int, columns: [Range<Int>],
    fullColumns: Int, pitch: Int? = nil, to start: UnsafeMutablePointer<Float>
  ) {
    WeightValues(seed: seed, layer: layer, matrix: matrix.number(expert: expert)).fill(
      rows: rows, columns: columns, fullColumns: fullColumns, scale: (3 / Float(fullRows)).squareRoot(),
      stored: stored, pitch: pitch, to: start)
  }

  /// Values within a tenth of `center`.
  func vector(
    _ matrix: WeightValues.Matrix, around center: Float, count: Int, to start: UnsafeMutablePointer<Float>
  ) {
    let values = WeightValues(seed: seed, layer: layer, matrix: matrix.rawValue)
    for place in 0..<count { start[place] = center + 0.1 * values.value(at: place) }
  }

  /// Keys or values of earlier positions: those of this rank's heads.
  func cache(_ matrix: WeightValues.Matrix, to start: UnsafeMutablePointer<Float>) {
    let values = WeightValues(seed: seed, layer: layer, matrix: matrix.rawValue)
    let length = sizes.keyLength * sizes.headDimension
    var next = start
    for sequence in 0..<sizes.batch {
      for head in 0..<sizes.keyValueHeads {
        let first = (sequence * sizes.allKeyValueHeads + sizes.firstKeyValueHead + head) * length
        for place in first..<first + length {
          next.pointee = values.value(at: place)
          next += 1
        }
      }
    }
  }
}
