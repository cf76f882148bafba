import GEMMTiming
import Testing

struct NodePlacementTests {
  /// Against ranks counted one by one, where groups fill nodes or nodes fill strides.
  @Test func nodesAreThoseOfTheRanks() {
    for gpusPerNode in [1, 2, 4, 8] {
      for ranks in [1, 2, 4, 8, 16, 32] {
        for members in [1, 2, 3, 4, 8, 64] {
          let placement = NodePlacement(members: members, apart: ranks, gpusPerNode: gpusPerNode)
          let nodes = (0..<members).map { $0 * ranks / gpusPerNode }
          #expect(placement.nodes == Set(nodes).count)
          let steps = zip(nodes, nodes.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }
          if let step = steps.first { #expect(placement.stride == Double(step)) }
          #expect(placement.span >= (nodes.last ?? 0) + 1)
        }
      }
    }
  }

  @Test func neighboursAreTwoOfThem() {
    let group = NodePlacement(members: 16, apart: 16, gpusPerNode: 8)
    #expect(group == NodePlacement(nodes: 16, stride: 2, span: 32))
    #expect(group.neighbours == NodePlacement(nodes: 2, stride: 2, span: 32))
    #expect(NodePlacement(nodes: 1).neighbours.nodes == 1)
    let exchange = Communication(.allReduce, bytes: 8, ranks: 4, nodes: 3)
    #expect(exchange.placement == NodePlacement(nodes: 3, stride: 1, span: 3))
  }
}
