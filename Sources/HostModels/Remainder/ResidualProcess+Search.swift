internal import Foundation
internal import LinearSolvers
internal import ModelStatistics
internal import SeededRandom

extension ResidualProcess {
  /// The parameters of largest marginal likelihood, with a broad prior on the lengths.
  ///
  /// Along the gradient by their logarithms, each with a step of its own that grows while the slope keeps its sign and is
  /// halved when it changes (Riedmiller and Braun, *A direct adaptive method for faster backpropagation learning: the RPROP
  /// algorithm*, IEEE ICNN 1993), on at most `limit` rows; deterministic. O(`steps` × limit³).
  static func search(
    rows: [FitRow], residuals: [Double], errors: [Double], geometry: BlockGeometry, elementSize: Double,
    from start: Hyperparameters? = nil, limit: Int = 800, steps: Int = 40, solver: any DenseSolver
  ) -> Hyperparameters {
    let chosen = SplitMix64.sample(rows.count, limit: limit, seed: 2)
    let evidence = Evidence(
      points: chosen.map {
        inputs(m: rows[$0].m, k: rows[$0].k, n: rows[$0].n, geometry: geometry, elementSize: elementSize)
      },
      residuals: chosen.map { residuals[$0] }, errors: chosen.map { errors[$0] }, solver: solver)
    var logarithms = (start ?? evidence.guess).logarithms
    var best = logarithms
    guard let first = evidence.at(Hyperparameters(logarithms: logarithms)) else {
      return Hyperparameters(logarithms: best)
    }
    var highest = first.value
    let ranges = Hyperparameters.ranges(inputs: max(logarithms.count - 2, 0))
    var strides = logarithms.map { _ in 0.25 }
    var (slope, before) = (first.slope, first.slope)
    var idle = 0
    for _ in 0..<steps where idle < Self.patience {
      for index in logarithms.indices where slope[index] != 0 {
        let turned = slope[index] * before[index]
        if turned > 0 { strides[index] = min(strides[index] * 1.2, 0.7) }
        if turned < 0 { strides[index] *= 0.5 }
        let step = slope[index] > 0 ? strides[index] : -strides[index]
        logarithms[index] = min(max(logarithms[index] + step, ranges[index].lowerBound), ranges[index].upperBound)
      }
      guard let here = evidence.at(Hyperparameters(logarithms: logarithms)) else { break }
      (before, slope) = (slope, here.slope)
      idle = here.value > highest + Self.improvement ? 0 : idle + 1
      if here.value > highest {
        highest = here.value
        best = logarithms
      }
    }
    return Hyperparameters(logarithms: best)
  }

  /// The search ends after so many steps without such an improvement of the likelihood's logarithm.
  private static let patience = 4
  private static let improvement = 0.5

  /// How likely some rows' residuals are under a process, up to a constant.
  struct Evidence {
    let points: [[Double]]
    let residuals: [Double]
    let errors: [Double]
    let solver: any DenseSolver

    /// Where a search begins: lengths of three octaves.
    var guess: Hyperparameters {
      let squares = residuals.reduce(0) { $0 + $1 * $1 }
      let deviation = max((squares / Double(max(residuals.count, 1))).squareRoot(), 1e-3)
      return Hyperparameters(
        lengths: Array(repeating: Self.usualLength, count: points.first?.count ?? 0), amplitude: deviation,
        noise: deviation / 2)
    }

    /// −yᵀα/2 − Σ log Lᵢᵢ with the prior's logarithm, and its slope by each parameter's logarithm; nil where the rows'
    /// covariance is not positive definite.
    ///
    /// The slope is tr((α·αᵀ − K⁻¹)·∂K/∂θ)/2 (Rasmussen and Williams, eq. 5.9). O(rows³).
    func at(_ parameters: Hyperparameters) -> (value: Double, slope: [Double])? {
      let count = residuals.count
      let scaled = points.flatMap(parameters.scaled)
      let size = parameters.lengths.count
      guard
        let matrix = try? ResidualProcess.covariance(
          inputs: scaled, errors: errors, parameters: parameters, solver: solver),
        let factor = try? solver.cholesky(matrix),
        let weights = try? solver.solve(cholesky: factor, residuals),
        let inverse = try? solver.inverse(cholesky: factor)
      else { return nil }
      var value = -0.5 * zip(residuals, weights).reduce(0) { $0 + $1.0 * $1.1 }
      for i in 0..<count { value -= log(factor[i, i]) }
      let variance = parameters.amplitude * parameters.amplitude
      var slope = Array(repeating: 0.0, count: size + 2)
      for i in 0..<count {
        let own = weights[i] * weights[i] - inverse[i, i]
        slope[size] += own * variance
        slope[size + 1] += own * parameters.noise * parameters.noise
      }
      // Column by column, in which the pairs of one row stand side by side.
      let inputs = (0..<size).map { l in (0..<count).map { scaled[$0 * size + l] } }
      var pulls = Array(repeating: 0.0, count: count)
      for j in 0..<count {
        for i in j + 1..<max(count, j + 1) {
          // The covariance is a²/root²: what a pair pulls at a length is its pull at the amplitude by its distance.
          let covariance = matrix[i, j]
          let pull = 2 * (weights[i] * weights[j] - inverse[i, j]) * covariance
          slope[size] += pull
          pulls[i] = 0.5 * pull * (covariance / variance).squareRoot()
        }
        for l in 0..<size { slope[l] += Self.pulled(pulls, inputs[l], from: j) }
      }
      for (l, length) in parameters.lengths.enumerated() {
        let distance = log(length / Self.usualLength) / Self.lengthSpread
        value -= 0.5 * distance * distance
        slope[l] -= distance / Self.lengthSpread
      }
      return (value, slope)
    }

    /// Σ pullᵢ·(inputᵢ − inputⱼ)² over the i behind j.
    private static func pulled(_ pulls: [Double], _ inputs: [Double], from j: Int) -> Double {
      let center = inputs[j]
      var (sum, i) = (0.0, j + 1)
      pulls.withUnsafeBytes { pulls in
        inputs.withUnsafeBytes { inputs in
          var sums = SIMD8<Double>.zero
          let step = MemoryLayout<Double>.stride
          while i + 8 <= inputs.count / step {
            let difference = inputs.loadUnaligned(fromByteOffset: i * step, as: SIMD8<Double>.self) - center
            sums += pulls.loadUnaligned(fromByteOffset: i * step, as: SIMD8<Double>.self) * difference * difference
            i += 8
          }
          sum = sums.sum()
        }
      }
      for i in i..<max(inputs.count, i) { sum += pulls[i] * (inputs[i] - center) * (inputs[i] - center) }
      return sum
    }

    /// The prior: a length of 3 octaves, within a factor of 4.5.
    private static let usualLength = 3.0
    private static let lengthSpread = 1.5
  }
}

extension ResidualProcess.Hyperparameters {
  /// The natural logarithms of the lengths, the amplitude and the noise.
  fileprivate var logarithms: [Double] { (lengths + [amplitude, noise]).map { log($0) } }

  fileprivate init(logarithms: [Double]) {
    let values = logarithms.map { exp($0) }
    self.init(
      lengths: Array(values.dropLast(2)), amplitude: values.dropLast().last ?? 0, noise: values.last ?? 0)
  }

  /// Between which logarithms each is searched.
  fileprivate static func ranges(inputs: Int) -> [ClosedRange<Double>] {
    Array(repeating: log(0.2)...log(50), count: inputs) + [log(1e-3)...log(2), log(1e-3)...log(1)]
  }
}
