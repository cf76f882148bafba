internal import HostCalibration

/// What flows through the layers of one rank: buffers that every layer uses again.
struct Activations {
  typealias Floats = UnsafeMutablePointer<Float>

  /// The residual stream, and what it begins each pass with.
  let stream, input: Floats
  let normed: Floats
  /// [token][head][element]; of one product parts of its rows, [token][query, key and value heads][element].
  let query, key, value: Floats
  /// [sequence][head][position][element]; where there is one position, the same as `query`, as far from each other.
  let queryHeads: Floats
  /// [sequence][key-value head][row][position].
  let scores: Floats
  /// [sequence][head][position][element].
  let headOutput: Floats
  /// [token][head][element]; where there is one position, the same as `headOutput`.
  let merged: Floats
  /// The output of attention's projection, or of the MLP.
  let block: Floats
  let up, inside: Floats
  /// The keys and values that all layers share where none keeps its own.
  let keyCache, valueCache: Floats?
  let routing: Routing?

  /// The buffers of a mixture of experts.
  struct Routing {
    /// [token][expert].
    let scores: Floats
    /// [token][choice].
    let weights: Floats
    /// [expert][row][element].
    let permuted, output: Floats
  }

  /// Floats of each buffer, in the order in which they are taken.
  static func pieces(_ sizes: RankSizes) -> [Int] {
    let stream = sizes.tokens * sizes.hidden
    let (queries, keys) = (sizes.tokens * sizes.queryWidth, sizes.tokens * sizes.keyValueWidth)
    let scores = sizes.batch * sizes.keyValueHeads * sizes.scoreRows * sizes.keyLength
    let cache = LayerWeights.cacheFloats(sizes)
    return [stream, stream, stream] + (sizes.fusesProjections ? [queries + 2 * keys] : [queries, keys, keys])
      + [scores, queries, stream, sizes.mlpRows * sizes.upWidth, sizes.mlpRows * sizes.downWidth]
      + (sizes.movesHeads ? [queries, queries] : []) + (sizes.keepsCache ? [] : [cache, cache])
      + (sizes.experts.map {
        [sizes.tokens * $0.count, sizes.tokens * $0.topK, sizes.mlpRows * sizes.hidden, sizes.mlpRows * sizes.hidden]
      } ?? [])
  }

  /// Takes the buffers from memory and fills the input; nil where the memory has no room for them.
  init?(_ sizes: RankSizes, seed: UInt64, memory: FloatMemory) {
    let lengths = Self.pieces(sizes)
    var rest = lengths.compactMap { memory.piece($0) }[...]
    guard rest.count == lengths.count else { return nil }
    (stream, input, normed) = (rest.removeFirst(), rest.removeFirst(), rest.removeFirst())
    query = rest.removeFirst()
    (key, value) =
      sizes.fusesProjections
      ? (query + sizes.queryWidth, query + sizes.queryWidth + sizes.keyValueWidth)
      : (rest.removeFirst(), rest.removeFirst())
    (scores, headOutput, block) = (rest.removeFirst(), rest.removeFirst(), rest.removeFirst())
    (up, inside) = (rest.removeFirst(), rest.removeFirst())
    (queryHeads, merged) = (
      sizes.movesHeads ? rest.removeFirst() : query, sizes.movesHeads ? rest.removeFirst() : headOutput
    )
    (keyCache, valueCache) = sizes.keepsCache ? (nil, nil) : (rest.removeFirst(), rest.removeFirst())
    routing =
      sizes.experts == nil
      ? nil
      : Routing(
        scores: rest.removeFirst(), weights: rest.removeFirst(), permuted: rest.removeFirst(),
        output: rest.removeFirst())
    // Layers count from 0, and the input belongs to none.
    let values = WeightValues(seed: seed, layer: Int.max, matrix: WeightValues.Matrix.input.rawValue)
    for place in 0..<sizes.tokens * sizes.hidden { input[place] = values.value(at: place) }
  }
}
