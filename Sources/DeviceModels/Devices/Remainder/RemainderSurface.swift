internal import DataFiles
internal import Foundation
internal import GEMMTiming

/// A ``GEMMRemainder``'s ρ as a device file carries it: a lattice and the values at its nodes.
struct RemainderSurface: Hashable, Sendable {
  let lattice: ShapeLattice
  let values: [Double]

  private static let extentKeys = ["m", "k", "n", "batch"]

  init(lattice: ShapeLattice, values: [Double]) {
    self.lattice = lattice
    self.values = values
  }

  /// Reads `{"m": […], "k": […], "n": […], "batch": […], "permille": […]}`: the nodes' extents, rising, then a thousand
  /// times ρ at the nodes, the batch's first.
  init(_ value: JSONValue) throws(FileError) {
    try value.allow(Self.extentKeys + ["permille"])
    var axes: [ShapeLattice.Axis] = []
    for key in Self.extentKeys {
      let entry = try value.required(key)
      var extents: [Int] = []
      for item in try entry.array() {
        let extent = try item.integer()
        guard extent > extents.last ?? 0, extent <= GEMMShape.maximumExtent else {
          throw item.error("the extent is \(extent)", remedy: "above the one before, up to \(GEMMShape.maximumExtent)")
        }
        extents.append(extent)
      }
      guard (1...100).contains(extents.count) else {
        throw entry.error("\(key) has \(extents.count) nodes", remedy: "1 to 100 are expected")
      }
      axes.append(.init(exponents: extents.map { log2(Double($0)) }))
    }
    lattice = ShapeLattice(axes: axes)
    let entry = try value.required("permille")
    values = try entry.mapped { (item) throws(FileError) in
      let number = try item.double()
      guard abs(number) <= 5000 else { throw item.error("ρ is \(number) ‰", remedy: "at most 5000 either way") }
      return number / 1000
    }
    guard values.count == lattice.count else {
      throw entry.error("there are \(values.count) values", remedy: "\(lattice.count), one a node, are expected")
    }
  }

  /// What ``init(_:)`` reads.
  var json: JSONText {
    .object(
      zip(Self.extentKeys, lattice.axes).map { key, axis in
        (key, .array(axis.exponents.map { .integer(Int(exp2($0).rounded())) }))
      } + [("permille", .array(values.map { .integer(Int((1000 * $0).rounded())) }))])
  }
}
