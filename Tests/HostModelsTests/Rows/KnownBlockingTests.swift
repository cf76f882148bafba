import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

@Suite struct KnownBlockingTests {
  private func row(_ library: String, _ kernel: String, routine: TimingRow.Routine = .gemm) throws -> TimingRow {
    var row = TimingRow(
      routine: routine, device: "host", dtype: .fp32, shape: try GEMMShape(m: 100, k: 100, n: 100), seconds: 1e-5)
    row.other = ["library": library, "kernel": kernel]
    return row
  }

  @Test(arguments: [("Cooperlake", 320), ("SKYLAKEX", 448), ("Zen", 320), ("Haswell", 320)])
  func knowsTheDepthOfOpenBLASKernels(kernel: String, depth: Int) throws {
    #expect(KnownBlocking.depth(of: [try row("OpenBLAS 0.3.21", kernel)]) == depth)
  }

  @Test func saysNothingOfOthers() throws {
    let cooperlake = try row("OpenBLAS 0.3.21", "Cooperlake")
    #expect(KnownBlocking.depth(of: []) == nil)
    #expect(KnownBlocking.depth(of: [try row("MKL 2024", "Cooperlake")]) == nil)
    #expect(KnownBlocking.depth(of: [try row("OpenBLAS 0.3.21", "Neoversen1")]) == nil)
    #expect(KnownBlocking.depth(of: [cooperlake, try row("OpenBLAS 0.3.21", "SkylakeX")]) == nil)
    // Streams pack nothing, whatever wrote them.
    #expect(KnownBlocking.depth(of: [cooperlake, try row("", "", routine: .copy)]) == 320)
  }

  @Test func aSearchTriesNoOtherDepth() throws {
    let rows = try PlantedHost().shapes(120, seed: 5).map { shape in
      FitRow(shape: shape, seconds: shape.flops * 1e-11 + 1e-7, noise: nil, shortest: shape.flops * 1e-11)
    }
    let found = try GeometrySearch(
      rows, elementSize: 4, panelChoices: [[4, 2, 1]], depthChoices: [448], solver: PortableSolver()
    ).best()
    #expect(found.large.depth == 448)
  }
}
