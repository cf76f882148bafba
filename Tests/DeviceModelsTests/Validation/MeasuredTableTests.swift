import DataFiles
import GEMMTiming
import Testing

@testable import DeviceModels

struct MeasuredTableTests {
  private func table(_ text: String) throws -> MeasuredTable {
    try MeasuredTable(CSVDocument(text: text, file: "measured.csv"))
  }

  @Test func passesOverMemoryAreReadWithTheirBytes() throws {
    func text(_ op: String) -> String {
      """
      device,dtype,op,rows,columns,time_us,bytes_read,bytes_written
      a100-sxm-80gb,bf16,\(op),1024,4096,9.5,8396800,8388608
      """
    }
    let table = try table(text("rms_norm"))
    #expect(table.kind == .memory)
    #expect(
      table.entries[0].operation
        == .memory(MemoryTraffic(.rmsNorm, read: 8_396_800, written: 8_388_608, rows: 1024)))
    #expect(abs(table.entries[0].seconds - 9.5e-6) < 1e-12)
    let error = #expect(throws: FileError.self) { try self.table(text("rmsnorm")) }
    #expect(error?.remedy.contains("rms_norm") == true)
  }

  @Test func gemmRowsAreReadInOrder() throws {
    let table = try table("device,dtype,m,k,n,batch,time_us\na,bfloat16,16,32,64,1,5\nb,float32,300,2,3,4,10\n")
    #expect(table.kind == .gemm)
    #expect(table.devices == ["a", "b"])
    #expect(
      table.entries.map(\.operation) == [
        .gemm(try GEMMShape(m: 16, k: 32, n: 64), .bf16), .gemm(try GEMMShape(m: 300, k: 2, n: 3, batch: 4), .fp32),
      ])
    #expect(table.entries.map(\.sizeClass) == ["m ≤ 16", "256 < m ≤ 2048"])
    #expect(zip(table.entries, [5e-6, 1e-5]).allSatisfy { abs($0.seconds - $1) < 1e-18 })
  }

  @Test func collectiveRowsKeepTheirVariant() throws {
    let table = try table(
      "device,collective,ranks,bytes,time_us,variant\na,all_reduce,8,1024,20,nccl-2.27\na,alltoall,4,99999999,2000,\n")
    #expect(table.kind == .collective)
    #expect(table.entries[0].operation == .communication(Communication(.allReduce, bytes: 1024, ranks: 8, nodes: 1)))
    #expect(table.entries.map(\.variant) == ["nccl-2.27", nil])
  }

  /// Columns whose operations somebody tells become entries; empty fields and zeros are left out.
  @Test func layerRowsBecomeTheOperationsThatAreTold() throws {
    let text =
      "device,tp,num_tokens,n_embd,n_head,n_kv_head,n_ff,gated,input_layernorm_us,add_us,mlp_act_us\n"
      + "a,2,100,64,8,2,256,True,5,,0\na,2,200,64,8,2,256,False,6,3,7\n"
    let document = try CSVDocument(text: text, file: "measured.csv")
    let norm = Operation.memory(MemoryTraffic(.rmsNorm, read: 1, written: 1))
    var seen: [MeasuredLayer] = []
    let table = try MeasuredTable(document) { layer in
      seen.append(layer)
      return [("input_layernorm_us", norm), ("add_us", norm), ("mlp_act_us", norm)]
    }
    #expect(table.kind == .layerOperations)
    #expect(table.entries.map(\.label) == ["input_layernorm", "input_layernorm", "add", "mlp_act"])
    #expect(seen.map(\.tokens) == [100, 200] && seen.map(\.isGated) == [true, false])
    #expect(seen[0].tp == 2 && seen[0].hidden == 64 && seen[0].heads == 8 && seen[0].keyValueHeads == 2)
    #expect(throws: FileError.self) { try MeasuredTable(document) }
    #expect(throws: FileError.self) { try MeasuredTable(document) { _ in throw CancellationError() } }
  }

  @Test func attentionRowsAreCausal() throws {
    let table = try table(
      "device,dtype,batch,seq,heads,kv_heads,head_dim,step,time_us\na,bfloat16,2,100,8,2,64,0,30\na,fp16,2,1,8,2,64,99,9\n"
    )
    #expect(table.kind == .attention)
    let shape = try AttentionShape(
      batch: 2, heads: 8, keyValueHeads: 2, headDimension: 64, queryLength: 100, keyLength: 100, causal: true)
    #expect(table.entries[0].operation == .attention(shape, .bf16))
    guard case .attention(let decoding, _) = table.entries[1].operation else { return #expect(Bool(false)) }
    #expect(decoding.queryLength == 1 && decoding.keyLength == 100)
  }

  @Test(arguments: [
    ("x,y\n1,2\n", 1, nil, "no kind"),
    ("device,dtype,m,k,n,batch,time_us\na,bf16,0,1,1,1,5\n", 2, 8, "m is 0"),
    ("device,dtype,m,k,n,batch,time_us\na,bf16,1,1,1,1,5\na,bf17,1,1,1,1,5\n", 3, 3, "bf17"),
    ("device,dtype,m,k,n,batch,time_us\na,bf16,1,1,1,1,-5\n", 2, 16, "time_us is -5"),
    ("device,collective,ranks,bytes,time_us\na,allreduce,2,8,5\n", 2, 3, "allreduce"),
    ("device,dtype,m,k,n,batch,time_us\n", nil, nil, "no measured rows"),
  ])
  func badFilesAreRefusedWithTheirPlace(text: String, line: Int?, column: Int?, mention: String) {
    let error = #expect(throws: FileError.self) { try table(text) }
    #expect(error?.line == line)
    #expect(error?.column == column)
    #expect(error?.description.contains(mention) == true)
  }
}
