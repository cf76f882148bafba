internal import Foundation
internal import GEMMTiming

/// What rows teach about GEMMs beyond tiles and waves: a smooth correction that keeps times monotone.
///
/// With τ the tiled model's time and S the ``SmoothRoofline`` of the same parameters, the corrected time is
///
///     log t = (1 − λ)·log τ + λ·log S + ρ(m, k, n, batch)
///
/// where ρ is interpolated linearly in the logarithms of the extents between the nodes of a lattice. τ and S never fall
/// when an extent grows. ρ may fall, but along no edge of the lattice by more than λ times what log S gains on it, at the
/// least over the cells around that edge and whatever lies outside of the lattice in their direction. Interpolation is
/// linear along each extent with a slope between those of the cell's edges, so λ·log S + ρ does not fall, nor does t.
///
/// λ is the price: steps of tiles and waves are smoothed by that share between nodes.
struct GEMMRemainder: Hashable, Sendable {
  /// λ.
  static let smoothing = 0.2

  let roofline: SmoothRoofline
  let lattice: ShapeLattice
  /// ρ at the nodes.
  let values: [Double]

  /// A correction with the values nearest to those given (in the largest change) that keep times monotone.
  ///
  /// O(nodes × axes).
  init(roofline: SmoothRoofline, lattice: ShapeLattice, values: [Double]) {
    self.roofline = roofline
    self.lattice = lattice
    let limits = Self.limits(roofline, lattice)
    // The least function above the values and the greatest below them that keep the limits; so does their mean.
    var above = values
    var below = values
    for node in 0..<lattice.count {
      for (axis, stride) in lattice.strides.enumerated() where lattice.position(node, axis: axis) > 0 {
        above[node] = max(above[node], above[node - stride] - limits[axis][node - stride])
      }
    }
    for node in (0..<lattice.count).reversed() {
      for (axis, stride) in lattice.strides.enumerated()
      where lattice.position(node, axis: axis) + 1 < lattice.axes[axis].count {
        below[node] = min(below[node], below[node + stride] + limits[axis][node])
      }
    }
    self.values = zip(above, below).map { ($0 + $1) / 2 }
  }

  /// A correction with values that may let times fall: for fits, which compare many.
  init(roofline: SmoothRoofline, lattice: ShapeLattice, unchecked values: [Double]) {
    self.roofline = roofline
    self.lattice = lattice
    self.values = values
  }

  /// ρ with which nothing is corrected at the nodes: λ·(log τ − log S).
  static func neutral(_ lattice: ShapeLattice, roofline: SmoothRoofline, tiled: TiledGEMM) -> [Double] {
    (0..<lattice.count).map { node in
      let extents = lattice.exponents(node).map { min(max(1, exp2($0).rounded()), Double(GEMMShape.maximumExtent)) }
      guard
        let shape = try? GEMMShape(m: Int(extents[0]), k: Int(extents[1]), n: Int(extents[2]), batch: Int(extents[3]))
      else { return 0 }
      let smooth = roofline.logarithm(m: extents[0], k: extents[1], n: extents[2], batch: extents[3])
      return smoothing * (log(tiled.time(shape).seconds) - smooth)
    }
  }

  /// Seconds of a GEMM for which the tiled model says `seconds`.
  func corrected(_ seconds: Double, _ shape: GEMMShape) -> Double {
    let (m, k, n, batch) = (Double(shape.m), Double(shape.k), Double(shape.n), Double(shape.batch))
    return exp(
      (1 - Self.smoothing) * log(seconds) + Self.smoothing * roofline.logarithm(m: m, k: k, n: n, batch: batch)
        + lattice.value(values, m: m, k: k, n: n, batch: batch))
  }

  /// How much ρ may fall from each node to the next along each axis; 0 at an axis' last node.
  static func limits(_ roofline: SmoothRoofline, _ lattice: ShapeLattice) -> [[Double]] {
    // Elasticities on the lattice and one node beyond it on either side, as far off as a shape can be.
    let exponents = lattice.axes.map { axis in
      [min(0, axis.first)] + (0..<axis.count).map(axis.exponent)
        + [max(log2(Double(GEMMShape.maximumExtent)), axis.exponent(axis.count - 1))]
    }
    let wide = ShapeLattice(axes: exponents.map { .init(first: 0, step: 1, count: $0.count) })
    var least = Array(repeating: Array(repeating: 0.0, count: wide.count), count: lattice.axes.count)
    for node in 0..<wide.count {
      let place = lattice.axes.indices.map { exponents[$0][wide.position(node, axis: $0)] }
      for (axis, elasticity) in roofline.elasticities(place).enumerated() { least[axis][node] = elasticity }
    }
    return lattice.axes.indices.map { axis in
      var smallest = least[axis]
      for other in lattice.axes.indices where other != axis {
        let (stride, before) = (wide.strides[other], smallest)
        for node in 0..<wide.count {
          let position = wide.position(node, axis: other)
          if position > 0 { smallest[node] = min(smallest[node], before[node - stride]) }
          if position + 1 < wide.axes[other].count { smallest[node] = min(smallest[node], before[node + stride]) }
        }
      }
      var limits = Array(repeating: 0.0, count: lattice.count)
      for node in 0..<lattice.count where lattice.position(node, axis: axis) + 1 < lattice.axes[axis].count {
        let start = lattice.axes.indices.reduce(0) {
          $0 + (lattice.position(node, axis: $1) + 1) * wide.strides[$1]
        }
        limits[node] =
          smoothing * min(smallest[start], smallest[start + wide.strides[axis]]) * lattice.axes[axis].step * log(2)
      }
      return limits
    }
  }
}
