import Foundation
import Testing
import TransformerModels

@testable import LayerReplay

/// A model's layers by their definitions, in double precision: the whole model, no ranks, no buffers.
///
/// Of the engine only the weights' values are used, each by its place in the whole matrix.
struct NaiveLayers {
  let model: ModelConfiguration
  private let attention: GroupedQueryAttention
  private let mlp: DenseMLP
  let batch: Int
  let sequence: Int
  let isDecoding: Bool
  let seed: UInt64
  /// The experts that work, of a mixture.
  let visited: Int

  init(
    model: ModelConfiguration, batch: Int, sequence: Int, isDecoding: Bool, seed: UInt64, visited: Int = 0
  ) throws {
    self.model = model
    attention = try #require(model.attention)
    mlp = try #require(model.mlp)
    (self.batch, self.sequence, self.isDecoding) = (batch, sequence, isDecoding)
    (self.seed, self.visited) = (seed, visited)
  }

  typealias Matrix = [[Double]]

  private var computed: Int { isDecoding ? 1 : sequence }
  private var tokens: Int { batch * computed }
  private var firstPosition: Int { sequence - computed }

  /// The residual stream behind so many layers.
  func output(layers: Int) -> Matrix {
    let values = WeightValues(seed: seed, layer: Int.max, matrix: WeightValues.Matrix.input.rawValue)
    var stream = (0..<tokens).map { token in
      (0..<model.hidden).map { Double(values.value(at: token * model.hidden + $0)) }
    }
    for layer in 0..<layers {
      let attended = attend(norm(stream, .firstScale, .firstShift, layer), layer)
      stream = sum(
        stream, multiply(attended, weight(.projection, layer, attention.queryWidth, model.hidden)))
      let normed = norm(stream, .secondScale, .secondShift, layer)
      stream = sum(stream, model.experts == nil ? passMLP(normed, layer, expert: 0) : mixture(normed, layer))
    }
    return stream
  }

  private func weight(
    _ matrix: WeightValues.Matrix, _ layer: Int, _ rows: Int, _ columns: Int, expert: Int = 0
  ) -> Matrix {
    let values = WeightValues(seed: seed, layer: layer, matrix: matrix.number(expert: expert))
    return (0..<rows).map { row in
      (0..<columns).map { Double(values.value(at: row * columns + $0)) * (3 / Double(rows)).squareRoot() }
    }
  }

  private func multiply(_ a: Matrix, _ b: Matrix) -> Matrix {
    a.map { row in
      (b.first ?? []).indices.map { column in row.indices.reduce(0) { $0 + row[$1] * b[$1][column] } }
    }
  }

  private func sum(_ a: Matrix, _ b: Matrix) -> Matrix { zip(a, b).map { zip($0, $1).map { $0 + $1 } } }

  private func norm(
    _ x: Matrix, _ scale: WeightValues.Matrix, _ shift: WeightValues.Matrix, _ layer: Int
  ) -> Matrix {
    func vector(_ matrix: WeightValues.Matrix, around center: Double) -> [Double] {
      let values = WeightValues(seed: seed, layer: layer, matrix: matrix.rawValue)
      return (0..<model.hidden).map { center + 0.1 * Double(values.value(at: $0)) }
    }
    let (scales, shifts) = (vector(scale, around: 1), vector(shift, around: 0))
    return x.map { row in
      let n = Double(row.count)
      let isCentred = model.normalization != .rmsNorm
      let mean = isCentred ? row.reduce(0, +) / n : 0
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
      return row.indices.map { column in
        (row[column] - mean) / (variance + 1e-5).squareRoot() * scales[column]
          + (model.normalization == .layerNorm ? shifts[column] : 0)
      }
    }
  }

  private func rotated(_ head: [Double], position: Int) -> [Double] {
    let width = attention.rotated
    var result = head
    let half = width / 2
    for pair in 0..<half {
      let angle = Double(position) / pow(10_000, 2 * Double(pair) / Double(width))
      result[pair] = head[pair] * cos(angle) - head[pair + half] * sin(angle)
      result[pair + half] = head[pair] * sin(angle) + head[pair + half] * cos(angle)
    }
    return result
  }

  /// Each token's heads side by side.
  private func attend(_ x: Matrix, _ layer: Int) -> Matrix {
    let (width, keyHeads) = (attention.headDimension, attention.keyValueHeads)
    let queries = multiply(x, weight(.query, layer, model.hidden, attention.queryWidth))
    let keys = multiply(x, weight(.key, layer, model.hidden, keyHeads * width))
    let values = multiply(x, weight(.value, layer, model.hidden, keyHeads * width))
    func cached(_ matrix: WeightValues.Matrix, _ sequence: Int, _ head: Int, _ position: Int) -> [Double] {
      let numbers = WeightValues(seed: seed, layer: layer, matrix: matrix.rawValue)
      let first = ((sequence * keyHeads + head) * self.sequence + position) * width
      return (0..<width).map { Double(numbers.value(at: first + $0)) }
    }
    func part(_ row: [Double], _ head: Int) -> [Double] { Array(row[head * width..<(head + 1) * width]) }
    return (0..<tokens).map { token in
      let (sequence, index) = token.quotientAndRemainder(dividingBy: computed)
      let own = firstPosition + index
      return (0..<attention.heads).flatMap { head -> [Double] in
        let keyHead = head / (attention.heads / keyHeads)
        let query = rotated(part(queries[token], head), position: own)
        var (weights, vectors) = ([Double](), Matrix())
        for position in 0...own {
          let computedToken = sequence * computed + position - firstPosition
          let isCached = position < firstPosition
          let key =
            isCached
            ? cached(.keyCache, sequence, keyHead, position)
            : rotated(part(keys[computedToken], keyHead), position: position)
          vectors.append(
            isCached ? cached(.valueCache, sequence, keyHead, position) : part(values[computedToken], keyHead))
          weights.append(exp(zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } / Double(width).squareRoot()))
        }
        let total = weights.reduce(0, +)
        return (0..<width).map { element in
          zip(weights, vectors).reduce(0) { $0 + $1.0 / total * $1.1[element] }
        }
      }
    }
  }

  private func activated(_ x: Double) -> Double {
    switch mlp.activation {
    case .relu: max(0, x)
    case .squaredReLU: max(0, x) * max(0, x)
    case .silu: x / (1 + exp(-x))
    case .gelu: x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }

  private func passMLP(_ x: Matrix, _ layer: Int, expert: Int) -> Matrix {
    let columns = mlp.width * (mlp.isGated ? 2 : 1)
    let wide = multiply(x, weight(.up, layer, model.hidden, columns, expert: expert))
    let inside = wide.map { row in
      (0..<mlp.width).map { activated(row[$0]) * (mlp.isGated ? row[mlp.width + $0] : 1) }
    }
    return multiply(inside, weight(.down, layer, mlp.width, model.hidden, expert: expert))
  }

  /// Choices are dealt out to the experts in turn; a token's weights are those of its best scores.
  private func mixture(_ x: Matrix, _ layer: Int) -> Matrix {
    guard let experts = model.experts else { return x }
    let scores = multiply(x, weight(.router, layer, model.hidden, experts.count))
    let outputs = (0..<visited).map { passMLP(x, layer, expert: $0) }
    return x.indices.map { token in
      let best = scores[token].map { exp($0) }.sorted(by: >).prefix(experts.topK)
      let total = best.reduce(0, +)
      return (0..<model.hidden).map { column in
        best.enumerated().reduce(0) { sum, choice in
          sum + choice.element / total * outputs[(token * experts.topK + choice.offset) % visited][token][column]
        }
      }
    }
  }
}
