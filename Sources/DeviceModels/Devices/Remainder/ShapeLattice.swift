internal import Foundation
internal import GEMMTiming

/// Nodes in the logarithms of m, k, n and batch, between which values are interpolated linearly.
///
/// Beyond the outermost nodes a value stays what it is there.
struct ShapeLattice: Hashable, Sendable {
  /// The nodes of one extent, in powers of two.
  struct Axis: Hashable, Sendable {
    /// At least one, rising.
    let exponents: [Double]

    /// Nodes where some extents lie, or where there are too many of these, at the powers of two around them and half-way
    /// between: one node where all are the same.
    init(through extents: some Sequence<Int>) {
      let distinct = Set(extents).sorted()
      guard distinct.count > Self.mostExtents, let first = distinct.first, let last = distinct.last else {
        self.init(exponents: distinct.map { log2(Double($0)) })
        return
      }
      var steps: [Double] = []
      var power = exp2(log2(Double(first)).rounded(.down))
      while power < 2 * Double(last) {
        steps += power == 1 ? [1] : [power, 1.5 * power]
        power *= 2
      }
      let below = steps.last { $0 <= Double(first) } ?? Double(first)
      let above = steps.first { $0 >= Double(last) } ?? Double(last)
      self.init(exponents: steps.filter { (below...above).contains($0) }.map(log2))
    }

    /// Nodes `step` apart that span some extents.
    init(spanning extents: some Sequence<Int>, step: Double) {
      let exponents = extents.map { log2(Double($0)) }
      let (least, most) = ((exponents.min() ?? 0).rounded(.down), exponents.max() ?? 0)
      let steps = Int(((most - least) / step).rounded(.up))
      self.init(exponents: (0...max(0, steps)).map { least + Double($0) * step })
    }

    /// Rising exponents; 0 alone where there are none.
    init(exponents: [Double]) { self.exponents = exponents.isEmpty ? [0] : exponents }

    /// How many nodes there are.
    var count: Int { exponents.count }

    /// The node below an exponent and how far it lies on the way to the next.
    func place(_ exponent: Double) -> (node: Int, share: Double) {
      guard count > 1, exponent > exponents[0] else { return (0, 0) }
      guard exponent < exponents[count - 1] else { return (count - 2, 1) }
      var (low, high) = (0, count - 1)
      while high - low > 1 {
        let middle = (low + high) / 2
        if exponents[middle] <= exponent { low = middle } else { high = middle }
      }
      return (low, (exponent - exponents[low]) / (exponents[high] - exponents[low]))
    }

    /// More extents than these are not told apart.
    private static let mostExtents = 24
  }

  /// The nodes that surround a shape, and their shares, which add up to 1.
  typealias Stencil = [(node: Int, share: Double)]

  /// The axes of m, k, n and batch.
  let axes: [Axis]
  /// How far apart in the list of nodes two neighbours along each axis are.
  let strides: [Int]
  /// How many nodes there are.
  let count: Int

  init(axes: [Axis]) {
    self.axes = axes
    var strides = Array(repeating: 1, count: axes.count)
    for position in axes.indices.dropLast().reversed() {
      strides[position] = strides[position + 1] * axes[position + 1].count
    }
    self.strides = strides
    count = (strides.first ?? 1) * (axes.first?.count ?? 1)
  }

  /// The exponents of a shape.
  static func exponents(_ shape: GEMMShape) -> [Double] {
    [log2(Double(shape.m)), log2(Double(shape.k)), log2(Double(shape.n)), log2(Double(shape.batch))]
  }

  /// The exponents of a node.
  func exponents(_ node: Int) -> [Double] { axes.indices.map { axes[$0].exponents[position(node, axis: $0)] } }

  /// Where a node stands on an axis.
  func position(_ node: Int, axis: Int) -> Int { node / strides[axis] % axes[axis].count }

  /// What interpolation takes from the nodes around a shape; nodes without a share are left out.
  func stencil(_ shape: GEMMShape) -> Stencil {
    var stencil: Stencil = [(0, 1)]
    for (position, exponent) in Self.exponents(shape).enumerated() {
      let (node, share) = axes[position].place(exponent)
      let stride = strides[position]
      stencil = stencil.flatMap { entry -> Stencil in
        let base = entry.node + node * stride
        if share == 0 { return [(base, entry.share)] }
        return [(base, entry.share * (1 - share)), (base + stride, entry.share * share)]
      }
    }
    return stencil
  }

  /// The interpolated value at a shape; no allocation.
  func value(_ values: [Double], m: Double, k: Double, n: Double, batch: Double) -> Double {
    let (p, q) = (axes[0].place(log2(m)), axes[1].place(log2(k)))
    let (r, s) = (axes[2].place(log2(n)), batch == 1 ? axes[3].place(0) : axes[3].place(log2(batch)))
    let base = p.node * strides[0] + q.node * strides[1] + r.node * strides[2] + s.node
    func along(_ place: (node: Int, share: Double), _ stride: Int, _ value: (Int) -> Double, _ node: Int) -> Double {
      let first = value(node)
      return place.share == 0 ? first : first + place.share * (value(node + stride) - first)
    }
    return along(
      p, strides[0],
      { i in along(q, strides[1], { j in along(r, strides[2], { along(s, 1, { values[$0] }, $0) }, j) }, i) }, base)
  }
}
