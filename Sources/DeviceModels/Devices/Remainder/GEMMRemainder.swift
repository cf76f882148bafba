internal import Foundation
internal import GEMMTiming

/// What rows teach about GEMMs beyond tiles and waves: a correction that keeps times monotone.
///
/// With τ the tiled model's time and S the ``SmoothRoofline`` of the same parameters, the corrected time is
///
///     log t = (1 − λ)·log τ + H(m, k, n, batch)       H = λ·log S + ρ at the nodes of a lattice
///
/// where H is interpolated linearly in the logarithms of the extents. Along no edge of the lattice H falls: where λ·log S
/// + ρ would, the greatest function below it that never falls is taken, as though a library took the kernel of the larger
/// product. Interpolation between nodes that never fall never falls, nor does τ, nor then does t.
///
/// Beyond the rows ρ stays what it is at the outermost of them while S goes on, over nodes far apart. Beyond the largest
/// batch it goes on by S itself, whose ratio of two batches never falls when m, k or n grows. Products whose rows do not begin on 16
/// bytes run kernels of their own, which are not corrected.
///
/// λ is the price: steps of tiles and waves are smoothed by that share between nodes.
struct GEMMRemainder: Hashable, Sendable {
  /// λ.
  static let smoothing = 0.5

  /// ρ.
  let surface: RemainderSurface
  /// The surface's lattice and nodes around it.
  private let lattice: ShapeLattice
  /// H.
  private let values: [Double]
  private let roofline: SmoothRoofline

  /// The correction of a tiled model's times by a surface, kept from falling unless `mends` is false, for fits.
  ///
  /// O(nodes × axes).
  init(_ surface: RemainderSurface, of tiled: TiledGEMM, mends: Bool = true) {
    self.surface = surface
    roofline = tiled.smoothRoofline
    let wide = Self.extended(surface.lattice)
    lattice = wide.lattice
    var values = Self.smooth(wide.lattice, roofline)
    var node = 0
    for m in wide.own[0] {
      for k in wide.own[1] {
        for n in wide.own[2] {
          for batch in wide.own[3] {
            values[node] += surface.values[m + k + n + batch]
            node += 1
          }
        }
      }
    }
    if mends { Self.mend(&values, wide.lattice) }
    self.values = values
  }

  /// Seconds of a GEMM whose rows begin on 16 bytes, for which the tiled model says `seconds`.
  func corrected(_ seconds: Double, _ shape: GEMMShape) -> Double {
    let (m, k, n, batch) = (Double(shape.m), Double(shape.k), Double(shape.n), Double(shape.batch))
    var result = (1 - Self.smoothing) * log(seconds) + lattice.value(values, m: m, k: k, n: n, batch: batch)
    let most = exp2(lattice.axes[3].exponents.last ?? 0)
    if batch > most {
      result +=
        Self.smoothing
        * (roofline.logarithm(m: m, k: k, n: n, batch: batch) - roofline.logarithm(m: m, k: k, n: n, batch: most))
    }
    return exp(result)
  }

  /// Whether a GEMM lies in the box of the rows that taught the surface.
  func spans(_ shape: GEMMShape) -> Bool {
    Self.spans(surface.lattice.axes[0], shape.m) && Self.spans(surface.lattice.axes[1], shape.k)
      && Self.spans(surface.lattice.axes[2], shape.n) && Self.spans(surface.lattice.axes[3], shape.batch)
  }

  private static func spans(_ axis: ShapeLattice.Axis, _ extent: Int) -> Bool {
    let exponent = log2(Double(extent))
    return axis.exponents[0] <= exponent && exponent <= axis.exponents[axis.count - 1]
  }

  /// ρ with which nothing is corrected at the nodes: λ·(log τ − log S).
  static func neutral(_ lattice: ShapeLattice, tiled: TiledGEMM) -> [Double] {
    var parameters = tiled.parameters
    (parameters.unalignedLoss, parameters.unalignedTraffic) = (0, 0)
    let aligned = tiled.with(parameters: parameters, spread: tiled.spread)
    return smooth(lattice, tiled.smoothRoofline).enumerated().map { node, smooth in
      let e = lattice.exponents(node).map { Int(exp2($0).rounded()) }
      guard let shape = try? GEMMShape(m: e[0], k: e[1], n: e[2], batch: e[3]) else { return 0 }
      return smoothing * log(aligned.time(shape).seconds) - smooth
    }
  }

  /// λ·log S at the nodes.
  static func smooth(_ lattice: ShapeLattice, _ roofline: SmoothRoofline) -> [Double] {
    let extents = lattice.axes.map { $0.exponents.map(exp2) }
    var values: [Double] = []
    values.reserveCapacity(lattice.count)
    for m in extents[0] {
      for k in extents[1] {
        for n in extents[2] {
          for batch in extents[3] { values.append(smoothing * roofline.logarithm(m: m, k: k, n: n, batch: batch)) }
        }
      }
    }
    return values
  }

  /// The greatest values below those given that fall along no axis.
  private static func mend(_ values: inout [Double], _ lattice: ShapeLattice) {
    for (axis, stride) in lattice.strides.enumerated() {
      for node in (0..<lattice.count).reversed()
      where lattice.position(node, axis: axis) + 1 < lattice.axes[axis].count {
        values[node] = min(values[node], values[node + stride])
      }
    }
  }

  /// A lattice with nodes around another's as far out as shapes can be, and for each axis what the other's node that is
  /// nearest to each of its own adds to a place in the other's list.
  private static func extended(_ lattice: ShapeLattice) -> (lattice: ShapeLattice, own: [[Int]]) {
    var axes: [ShapeLattice.Axis] = []
    var own: [[Int]] = []
    for (index, axis) in lattice.axes.enumerated() {
      let (first, last) = (axis.exponents[0], axis.exponents[axis.count - 1])
      let below = first > 4 ? [0, first / 2] : first > 0 ? [0] : []
      let farthest = log2(Double(GEMMShape.maximumExtent))
      let isBatch = index == lattice.axes.count - 1
      let above = isBatch ? [] : [last + 2, last + 4, last + 8, farthest].filter { $0 > last && $0 <= farthest }
      axes.append(.init(exponents: below + axis.exponents + above))
      own.append(
        (below.map { _ in 0 } + Array(0..<axis.count) + above.map { _ in axis.count - 1 })
          .map { $0 * lattice.strides[index] })
    }
    return (ShapeLattice(axes: axes), own)
  }
}
