import GEMMTiming
import Testing

@Suite struct OperationTests {
  @Test func equalWorkIsOneKey() throws {
    let shape = try GEMMShape(m: 1, k: 2, n: 3)
    let operations: Set<Operation> = [
      .gemm(shape, .fp32), .gemm(shape, .fp32), .gemm(shape, .bf16),
      .memory(MemoryTraffic(.gelu, read: 1, written: 2)), .memory(MemoryTraffic(.swiglu, read: 1, written: 2)),
      .communication(Communication(.allReduce, bytes: 8, ranks: 2, nodes: 1)),
      .communication(Communication(.allReduce, bytes: 8, ranks: 2, nodes: 2)), .none,
    ]
    #expect(operations.count == 7)
  }

  @Test func trafficCountsBothDirections() {
    #expect(MemoryTraffic(.residual, read: 16, written: 8).bytes == 24)
  }

  @Test func exchangesAreNamedAsInNCCL() {
    #expect(
      Communication.Kind.allCases.map(\.rawValue)
        == ["all_reduce", "all_gather", "reduce_scatter", "alltoall", "broadcast", "sendrecv"])
  }
}
