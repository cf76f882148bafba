internal import Foundation
internal import GEMMTiming

/// Learns a ``GEMMRemainder`` from rows: the smoothest surface that goes near them and keeps times monotone.
///
/// The change g of ρ minimises
///
///     Σ wᵢ·(rᵢ − g(xᵢ))²/σ² + Σ over edges (Δg)²/(s²·octaves) + Σ over nodes g²/a²
///
/// with Huber's weights w, the most probable surface when rows scatter by σ, neighbours an octave apart by s and nodes by
/// a about what was known before: a Gaussian Markov random field (Rue and Held, *Gaussian Markov Random Fields*, 2005,
/// 3.2), whose equations are sparse. Edges on which H would fall join the sum with a penalty that grows, and what is left
/// of that the remainder's initialiser mends. Conjugate gradients, O(iterations × (rows + nodes)).
///
/// σ and s were chosen on published bf16 GEMMs of an A100 and an H100, weight matrices left out in turn.
struct RemainderFit {
  /// How rows scatter about the surface.
  private static let noise = 0.05
  /// How the surface changes over an octave of m, k, n and batch: libraries choose kernels by m more than by the weight.
  private static let slopes = [0.4, 0.25, 0.25, 0.25]
  /// How far it lies from what was known.
  private static let amplitude = 0.3

  private let lattice: ShapeLattice
  private let stencils: [ShapeLattice.Stencil]
  private let residuals: [Double]
  private let prior: [Double]
  /// H at the nodes before.
  private let heights: [Double]

  /// Prepares a fit to rows of `shapes`.
  ///
  /// `prior` is ρ at the nodes before, `residuals` the log of each shape's measured over its predicted time with it.
  init(tiled: TiledGEMM, prior: RemainderSurface, shapes: [GEMMShape], residuals: [Double]) {
    lattice = prior.lattice
    self.prior = prior.values
    self.residuals = residuals
    stencils = shapes.map(lattice.stencil)
    heights = zip(GEMMRemainder.smooth(lattice, tiled.smoothRoofline), prior.values).map { $0 + $1 }
  }

  /// ρ at the nodes, on the whole monotone.
  func values() -> [Double] {
    var change = Array(repeating: 0.0, count: lattice.count)
    var weights = Array(repeating: 1.0, count: residuals.count)
    var penalties = lattice.axes.map { _ in Array(repeating: 0.0, count: lattice.count) }
    for round in 0..<8 {
      solve(&change, weights: weights, penalties: penalties)
      for (index, stencil) in stencils.enumerated() {
        let miss = abs(residuals[index] - Self.value(change, stencil))
        weights[index] = miss > 2 * Self.noise ? 2 * Self.noise / miss : 1
      }
      let penalty = 200 * pow(4, Double(min(round, 6)))
      for (axis, stride) in lattice.strides.enumerated() {
        for node in edges(axis) {
          let rise = heights[node + stride] + change[node + stride] - heights[node] - change[node]
          penalties[axis][node] = rise < 1e-4 ? penalty : 0
        }
      }
    }
    return zip(prior, change).map { $0 + $1 }
  }

  /// The nodes that have a neighbour further along an axis.
  private func edges(_ axis: Int) -> [Int] {
    (0..<lattice.count).filter { lattice.position($0, axis: axis) + 1 < lattice.axes[axis].count }
  }

  private static func value(_ values: [Double], _ stencil: ShapeLattice.Stencil) -> Double {
    stencil.reduce(0) { $0 + $1.share * values[$1.node] }
  }

  /// Conjugate gradients with the diagonal as preconditioner, from the present solution.
  private func solve(_ change: inout [Double], weights: [Double], penalties: [[Double]]) {
    let edges = lattice.axes.indices.map(edges)
    let smoothness = lattice.axes.enumerated().map { index, axis in
      let slope = Self.slopes[index]
      return zip(axis.exponents, axis.exponents.dropFirst()).map { 1 / (slope * slope * ($1 - $0)) }
    }
    let precision = 1 / (Self.noise * Self.noise)

    var diagonal = Array(repeating: 1 / (Self.amplitude * Self.amplitude), count: lattice.count)
    var right = Array(repeating: 0.0, count: lattice.count)
    for (index, stencil) in stencils.enumerated() {
      for (node, share) in stencil {
        right[node] += precision * weights[index] * share * residuals[index]
        diagonal[node] += precision * weights[index] * share * share
      }
    }
    for (axis, stride) in lattice.strides.enumerated() {
      for node in edges[axis] {
        let penalty = penalties[axis][node]
        let pull = penalty * (heights[node + stride] - heights[node])
        right[node] += pull
        right[node + stride] -= pull
        let tie = smoothness[axis][lattice.position(node, axis: axis)] + penalty
        diagonal[node] += tie
        diagonal[node + stride] += tie
      }
    }

    func product(_ x: [Double]) -> [Double] {
      var y = x.map { $0 / (Self.amplitude * Self.amplitude) }
      for (index, stencil) in stencils.enumerated() {
        let value = precision * weights[index] * Self.value(x, stencil)
        for (node, share) in stencil { y[node] += share * value }
      }
      for (axis, stride) in lattice.strides.enumerated() {
        for node in edges[axis] {
          let tie = smoothness[axis][lattice.position(node, axis: axis)] + penalties[axis][node]
          let value = tie * (x[node + stride] - x[node])
          y[node] -= value
          y[node + stride] += value
        }
      }
      return y
    }

    var residual = zip(right, product(change)).map { $0 - $1 }
    var scaled = zip(residual, diagonal).map { $0 / $1 }
    var direction = scaled
    var gain = zip(residual, scaled).reduce(0) { $0 + $1.0 * $1.1 }
    let target = 1e-10 * zip(right, diagonal).reduce(0) { $0 + $1.0 * $1.0 / $1.1 }
    for _ in 0..<200 where gain > target {
      let image = product(direction)
      let length = gain / zip(direction, image).reduce(0) { $0 + $1.0 * $1.1 }
      for node in change.indices {
        change[node] += length * direction[node]
        residual[node] -= length * image[node]
        scaled[node] = residual[node] / diagonal[node]
      }
      let next = zip(residual, scaled).reduce(0) { $0 + $1.0 * $1.1 }
      for node in direction.indices { direction[node] = scaled[node] + next / gain * direction[node] }
      gain = next
    }
  }
}
