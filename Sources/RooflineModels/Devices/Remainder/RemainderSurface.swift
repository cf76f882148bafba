internal import DataFiles
internal import Foundation

/// A ``GEMMRemainder``'s ρ as a device file carries it: a lattice and the values at its nodes.
struct RemainderSurface: Hashable, Sendable {
  let lattice: ShapeLattice
  let values: [Double]

  init(lattice: ShapeLattice, values: [Double]) {
    self.lattice = lattice
    self.values = values
  }

  /// Reads `{"first": […], "step": […], "count": […], "permille": […]}`: for m, k, n and batch the exponent of two of the
  /// first node, the distance of two nodes and their number; then a thousand times ρ at the nodes, the batch's first.
  init(_ value: JSONValue) throws(FileError) {
    try value.allow(["first", "step", "count", "permille"])
    func four(_ key: String) throws(FileError) -> [JSONValue] {
      let entry = try value.required(key)
      let numbers = try entry.array()
      guard numbers.count == 4 else {
        throw entry.error("\(key) has \(numbers.count) numbers", remedy: "one each for m, k, n and batch is expected")
      }
      return numbers
    }
    let (first, step, count) = (try four("first"), try four("step"), try four("count"))
    var axes: [ShapeLattice.Axis] = []
    for axis in 0..<4 {
      let (start, distance, nodes) = (try first[axis].double(), try step[axis].double(), try count[axis].integer())
      guard (0...40).contains(start) else { throw first[axis].error("the exponent is \(start)", remedy: "0 to 40") }
      guard distance > 0, distance <= 40 else {
        throw step[axis].error("the distance is \(distance)", remedy: "a number above 0 up to 40 is expected")
      }
      guard (1...100).contains(nodes) else {
        throw count[axis].error("the number of nodes is \(nodes)", remedy: "1 to 100 is expected")
      }
      axes.append(.init(first: start, step: distance, count: nodes))
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
    func list(_ values: [Double]) -> JSONText { .array(values.map(JSONText.number)) }
    return .object([
      ("first", list(lattice.axes.map(\.first))), ("step", list(lattice.axes.map(\.step))),
      ("count", .array(lattice.axes.map { .integer($0.count) })),
      ("permille", .array(values.map { .integer(Int((1000 * $0).rounded())) })),
    ])
  }
}
