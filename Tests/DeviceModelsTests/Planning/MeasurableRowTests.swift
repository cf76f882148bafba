import GEMMTiming
import Testing

@testable import DeviceModels

struct MeasurableRowTests {
  /// Llama-3.1-70B on one of 8 GPUs with 4096 tokens.
  @Test func operationsOfAStepHaveTheirRows() throws {
    let tokens = 4096.0
    let (hidden, size) = (8192.0, 2.0)
    let whole = tokens * hidden * size
    let product = Operation.gemm(try GEMMShape(m: 4096, k: 8192, n: 1280), .bf16, .weight)
    #expect(
      MeasurableRow(like: product, activation: .bf16) == .gemm(try GEMMShape(m: 4096, k: 8192, n: 1280), .bf16))
    let norm = Operation.memory(MemoryTraffic(.rmsNorm, read: whole, written: whole, rows: tokens))
    let row = try #require(MeasurableRow(like: norm, activation: .bf16))
    #expect(row == .memory(.rmsNorm, rows: 4096, columns: 8192, .bf16))
    // PyTorch's kernel reads its weights too.
    #expect(row.operation == .memory(MemoryTraffic(.rmsNorm, read: whole + 16384, written: whole, rows: tokens)))
    let residual = Operation.memory(MemoryTraffic(.residual, read: 2 * whole, written: whole))
    #expect(MeasurableRow(like: residual, activation: .bf16) == .memory(.residual, rows: 8192, columns: 4096, .bf16))
    let exchange = Operation.communication(Communication(.allReduce, bytes: whole, ranks: 8, nodes: 1))
    #expect(
      MeasurableRow(like: exchange, activation: .bf16) == .collective(.allReduce, ranks: 8, bytes: 67_108_864))
    let attention = try AttentionShape(
      batch: 1, heads: 8, keyValueHeads: 1, headDimension: 128, queryLength: 1, keyLength: 4097, causal: true,
      window: 1024)
    let plain = try AttentionShape(
      batch: 1, heads: 8, keyValueHeads: 1, headDimension: 128, queryLength: 1, keyLength: 4097, causal: true)
    #expect(MeasurableRow(like: .attention(attention, .bf16), activation: .bf16) == .attention(plain, .bf16))
  }

  @Test func whatTheScriptCannotMeasureHasNoRow() throws {
    func row(_ operation: Operation, _ activation: DataType = .bf16) -> MeasurableRow? {
      MeasurableRow(like: operation, activation: activation)
    }
    #expect(row(.none) == nil)
    #expect(row(.gemm(try GEMMShape(m: 8, k: 8, n: 8), .int8)) == nil)
    #expect(row(.gemm(try GEMMShape(m: 8, k: 16, n: 16, batch: 2), .fp8)) == nil)
    #expect(row(.gemm(try GEMMShape(m: 8, k: 24, n: 16), .fp8)) == nil)
    #expect(row(.gemm(try GEMMShape(m: 8, k: 32, n: 16), .fp8)) != nil)
    #expect(row(.memory(MemoryTraffic(.swiglu, read: 2e6, written: 1e6))) == nil)
    #expect(row(.memory(MemoryTraffic(.gelu, read: 1e6, written: 1e6)), .fp8) == nil)
    #expect(row(.communication(Communication(.allReduce, bytes: 1e6, ranks: 16, nodes: 2))) == nil)
    #expect(row(.communication(Communication(.allReduce, bytes: 8, ranks: 8, nodes: 1))) == nil)
    let chunk = try AttentionShape(
      batch: 1, heads: 8, keyValueHeads: 1, headDimension: 128, queryLength: 64, keyLength: 512, causal: true)
    #expect(row(.attention(chunk, .bf16)) == nil)
    let latent = try AttentionShape(
      batch: 1, heads: 8, keyValueHeads: 1, headDimension: 576, valueDimension: 512, queryLength: 1, keyLength: 512,
      causal: true, valuesAreKeys: true)
    #expect(row(.attention(latent, .bf16)) == nil)
  }

  @Test func neighborsAreRowsOfTheSameKindAndItIsOneOfThem() throws {
    let rows: [MeasurableRow] = [
      .gemm(try GEMMShape(m: 4096, k: 8192, n: 1280), .bf16), .collective(.allGather, ranks: 3, bytes: 66),
      .memory(.gelu, rows: 1, columns: 100, .fp16),
      .attention(
        try AttentionShape(
          batch: 2, heads: 8, keyValueHeads: 1, headDimension: 128, queryLength: 64, keyLength: 64, causal: true), .bf16
      ),
    ]
    for row in rows {
      #expect(row.neighbors.first == row)
      for near in row.neighbors {
        #expect(near.kind == row.kind)
        if case .communication(let exchange) = near.operation {
          #expect(exchange.bytes.truncatingRemainder(dividingBy: 6) == 0 && exchange.bytes > 0)
        }
      }
    }
    var row: MeasurableRow? = rows[0]
    var halvings = 0
    while let next = row?.halved { (row, halvings) = (next, halvings + 1) }
    #expect(halvings == 12)
  }
}
