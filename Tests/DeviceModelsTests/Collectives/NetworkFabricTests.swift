import CalibrationData
import DataFiles
import Foundation
import GEMMTiming
import Testing

@testable import DeviceModels

struct NetworkFabricTests {
  private static func fabric(_ railNodes: Int, _ oversubscription: Double) -> NetworkFabric {
    NetworkFabric(
      railNodes: Figure(Double(railNodes), source: "planted"),
      spineOversubscription: Figure(oversubscription, source: "planted"))
  }

  /// A device without fits, in a network.
  private static func model(_ fabric: NetworkFabric?) throws -> (CollectiveModel, DeviceSpecification) {
    let device = try DeviceSpecification.builtIn(named: "a100-sxm-80gb")
      .wired(railNodes: fabric?.railNodes, spineOversubscription: fabric?.spineOversubscription)
    return (CollectiveModel(device, usesFits: false), device)
  }

  /// Every message of groups that fill the cluster, over the set of leaf switches that sends most to others.
  ///
  /// There are `stride` groups of `nodes` nodes, each `stride` apart; what a node sends in all is 1.
  private static func fullestUplink(_ railNodes: Int, nodes: Int, stride: Int, isAllToAll: Bool) -> Double {
    var sent = [Int: Double]()
    for group in 0..<stride {
      let members = (0..<nodes).map { group + $0 * stride }
      for (index, member) in members.enumerated() {
        let others = isAllToAll ? members.filter { $0 != member } : [members[(index + 1) % nodes]]
        for other in others where other / railNodes != member / railNodes {
          sent[member / railNodes, default: 0] += 1 / Double(others.count)
        }
      }
    }
    return (sent.values.max() ?? 0) / Double(railNodes)
  }

  @Test func theShareIsThatOfMessagesCountedOneByOne() {
    for railNodes in [1, 2, 4, 8, 16] {
      for stride in [1, 2, 4, 8] {
        for nodes in [2, 4, 8, 16, 32] {
          let placement = NodePlacement(nodes: nodes, stride: Double(stride), span: nodes * stride)
          for kind in Communication.Kind.allCases {
            let counted = Self.fullestUplink(railNodes, nodes: nodes, stride: stride, isAllToAll: kind == .allToAll)
            let share = Self.fabric(railNodes, 3).crossingShare(kind, placement)
            #expect(abs(share - counted) < 1e-12, "\(kind) of \(nodes) nodes \(stride) apart, \(railNodes) a set")
          }
        }
      }
    }
  }

  /// A send between stages crosses where a whole pipeline is longer than a set, from the share of nodes that a stage is.
  @Test func sendsCrossFromTheLastStageOfASet() {
    let fabric = Self.fabric(8, 4)
    func send(_ stride: Double, _ span: Int) -> Double {
      fabric.crossingShare(.sendReceive, NodePlacement(nodes: 2, stride: stride, span: span))
    }
    #expect(send(2, 8) == 0)
    #expect(send(2, 16) == 0.25)
    #expect(send(8, 16) == 1 && send(32, 64) == 1)
  }

  @Test func timesAreTheClosedForms() throws {
    let (model, device) = try Self.model(Self.fabric(4, 6))
    let (alpha, rate) = (
      device.interNode.latency.value, device.interNode.bandwidth.value * device.interNode.efficiency.value
    )
    let (launch, bytes) = (device.launch.value, 1e9)
    func seconds(_ kind: Communication.Kind, _ ranks: Int, _ placement: NodePlacement) -> Double {
      model.predict(Communication(kind, bytes: bytes, ranks: ranks, placement: placement)).seconds
    }
    func isNear(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-12 * right }
    // A ring of 16 nodes leaves each set of 4 once: its uplinks carry 4/6 of one node's link.
    let gathered = launch + 15 * alpha + 15.0 / 16 * bytes / (rate * 4 / 6)
    #expect(isNear(seconds(.allGather, 16, NodePlacement(nodes: 16)), gathered))
    // 12 of 15 messages of an all-to-all go to other sets.
    let exchanged = launch + 15 * alpha + 15.0 / 16 * bytes / (rate / (6 * 12.0 / 15))
    #expect(isNear(seconds(.allToAll, 16, NodePlacement(nodes: 16)), exchanged))
    // A stage that is half a set.
    let sent = launch + alpha + bytes / (rate / 3)
    #expect(isNear(seconds(.sendReceive, 2, NodePlacement(nodes: 2, stride: 2, span: 32)), sent))
    // Within a set nothing is lost.
    let near = launch + 3 * alpha + 3.0 / 4 * bytes / rate
    #expect(isNear(seconds(.allGather, 4, NodePlacement(nodes: 4)), near))
  }

  private static let placements = [
    NodePlacement(nodes: 2), NodePlacement(nodes: 24), NodePlacement(nodes: 16, stride: 1.5, span: 24),
    NodePlacement(nodes: 8, stride: 8, span: 64), NodePlacement(nodes: 2, stride: 6, span: 96),
  ]

  @Test(arguments: Communication.Kind.allCases)
  func moreOversubscriptionAndSmallerSetsAreNeverFaster(kind: Communication.Kind) throws {
    for placement in Self.placements {
      for gpus in [1, 8] {
        func seconds(_ fabric: NetworkFabric?) throws -> Double {
          try Self.model(fabric).0.predict(
            Communication(kind, bytes: 1e8, ranks: placement.nodes * gpus, placement: placement)
          ).seconds
        }
        let plain = try seconds(nil)
        for railNodes in [1, 2, 3, 5, 8, 16, 64, 1000] {
          var last = plain
          for oversubscription in [1, 1.5, 3, 7, 15, 1000] {
            let now = try seconds(Self.fabric(railNodes, oversubscription))
            #expect(now >= last)
            if oversubscription == 1 { #expect(now == plain) }
            last = now
          }
        }
        var last = Double.infinity
        for railNodes in 1...100 {
          let now = try seconds(Self.fabric(railNodes, 7))
          #expect(now <= last)
          last = now
        }
        #expect(last == plain)
      }
    }
  }

  @Test func shippedNetworksLoseNothing() throws {
    let wired = try DeviceSpecification.builtInNames.map { try DeviceSpecification.builtIn(named: $0) }
      .filter { $0.fabric != nil }
    #expect(wired.map(\.name).contains("h100-sxm-80gb"))
    for device in wired {
      #expect(device.fabric?.spineOversubscription.value == 1 && device.fabric?.assumption == nil)
    }
  }

  @Test func theUsersNetworkIsSaidWithWhatIsAssumed() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let own = device.wired(railNodes: nil, spineOversubscription: Figure(7, source: "a guess"))
    #expect(own.fabric?.railNodes.value == 32)
    let sentence = try #require(own.fabric?.assumption)
    for part in ["32 nodes", "1/7", "a guess", "Assumed:", "PXN"] { #expect(sentence.contains(part), "\(sentence)") }
    let bare = try DeviceSpecification.builtIn(named: "a100-sxm-80gb")
    #expect(bare.wired(railNodes: nil, spineOversubscription: Figure(7, source: "a guess")).fabric == nil)
  }

  @Test(arguments: [
    (#""rail_nodes": { "value": 32, "source": "x" }"#, "rail_nodes stands alone"),
    (#""spine_oversubscription": { "value": 2, "source": "x" }"#, "spine_oversubscription stands alone"),
    (
      #""rail_nodes": { "value": 1.5, "source": "x" }, "spine_oversubscription": { "value": 2, "source": "x" }"#,
      "whole number"
    ),
    (
      #""rail_nodes": { "value": 8, "source": "x" }, "spine_oversubscription": { "value": 0.5, "source": "x" }"#,
      "from 1.0 to 1000.0"
    ),
    (
      #""rail_nodes": { "value": 8, "source": "x" }, "spine_oversubscription": { "value": 2, "source": "" }"#, "empty"
    ),
    (#""rail_nodes": 8, "spine_oversubscription": { "value": 2, "source": "x" }"#, "object"),
  ])
  func aBrokenNetworkIsRefusedWithItsPlace(figures: String, mention: String) throws {
    let path = try #require(
      CalibrationData.files(in: .devices, withExtension: "json").first { $0.hasSuffix("/a100-sxm-80gb.json") })
    let text = try TextFile.read(path)
    let key = #""links": {"#
    #expect(text.contains(key))
    let broken = text.replacingOccurrences(of: key, with: "\(key) \(figures),")
    let error = #expect(throws: FileError.self) {
      try DeviceSpecification(JSONDocument(text: broken, file: "broken.json"))
    }
    #expect(error?.line != nil)
    #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
  }
}
