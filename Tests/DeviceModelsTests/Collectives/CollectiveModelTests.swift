import GEMMTiming
import Testing

@testable import DeviceModels

struct CollectiveModelTests {
  private func time(
    _ model: CollectiveModel, _ kind: Communication.Kind, _ bytes: Double, _ ranks: Int, nodes: Int = 1
  ) -> Double {
    model.predict(Communication(kind, bytes: bytes, ranks: ranks, nodes: nodes)).seconds
  }

  @Test(arguments: DeviceSpecification.builtInNames)
  func timesGrowWithBytesAndNodes(name: String) throws {
    let device = try DeviceSpecification.builtIn(named: name)
    let model = CollectiveModel(device)
    for kind in Communication.Kind.allCases {
      for nodes in [1, 2, 4] {
        var last = 0.0
        for power in 6...34 {
          let now = time(model, kind, Double(sign: .plus, exponent: power, significand: 1), 8, nodes: nodes)
          #expect(now >= last && now > 0 && now.isFinite)
          last = now
        }
      }
      // Links between nodes are slower than NVLink; PCIe may be the slower one.
      if device.intraNode.bandwidth.value > 2 * device.interNode.bandwidth.value {
        #expect(time(model, kind, 1e9, 8, nodes: 2) > time(model, kind, 1e9, 8))
      }
    }
  }

  @Test func oneRankAndNothingToSendTakeNoTime() throws {
    let model = CollectiveModel(try .builtIn(named: "h100-sxm-80gb"))
    #expect(time(model, .allReduce, 1e6, 1) == 0)
    #expect(time(model, .allReduce, 0, 8) == 0)
  }

  /// Without fits, the formulas of the type's documentation with the link's α and β.
  @Test func theLinksAlphaAndBetaAreTheClosedForms() throws {
    let device = try DeviceSpecification.builtIn(named: "v100-pcie-32gb")
    let model = CollectiveModel(device, usesFits: false)
    let (alpha, rate) = (
      device.intraNode.latency.value, device.intraNode.bandwidth.value * device.intraNode.efficiency.value
    )
    let (launch, bytes) = (device.launch.value, 1e9)
    #expect(abs(time(model, .sendReceive, bytes, 2) - (launch + alpha + bytes / rate)) < 1e-9)
    #expect(abs(time(model, .allGather, bytes, 4) - (launch + 3 * alpha + 0.75 * bytes / rate)) < 1e-9)
    #expect(abs(time(model, .allReduce, bytes, 4) - (launch + 6 * alpha + 1.5 * bytes / rate)) < 1e-9)
    #expect(abs(time(model, .allReduce, 8, 4) - (launch + 4 * alpha + 16 / rate)) < 1e-9)
  }

  @Test func theVariantChoosesTheLibrary() throws {
    let device = try DeviceSpecification.builtIn(named: "a100-sxm-80gb")
    let message = { (variant: String?) in
      CollectiveModel(device, variant: variant).predict(
        Communication(.allReduce, bytes: 16384, ranks: 4, nodes: 1)
      ).seconds
    }
    #expect(message(nil) == message("nccl-2.27.3:half"))
    #expect(message("custom:vllm-0.14.0:vllm_graph") < message("nccl-2.27.3:half"))
    #expect(message("custom:vllm-0.14.0:vllm_eager") > 40e-6)
  }
}
