import DataFiles
import DeviceModels
import GEMMTiming
import Testing
import TransformerModels

@testable import gemmcast

/// Validation costs a layer as forecasts do: its operations are those of the layer graph.
@Suite struct MeasuredLayerTests {
  /// Llama-2-7B on two GPUs: columns of QKV and of the gated first MLP matrix, rows of the others.
  @Test func layerRowsAreTheOperationsOfAForecastsLayer() throws {
    let text = """
      device,tp,num_tokens,n_embd,n_head,n_kv_head,n_ff,gated,input_layernorm_us,attn_pre_proj_us,attn_rope_us,\
      attn_post_proj_us,post_attention_layernorm_us,mlp_up_proj_us,mlp_act_us,mlp_down_proj_us,add_us
      a,2,100,4096,32,32,11008,True,5,50,4,20,,60,8,30,3

      """
    let table = try MeasuredTable(CSVDocument(text: text, file: "m.csv"), columns: ModelConfiguration.columns(of:))
    #expect(
      table.entries.map(\.label) == [
        "input_layernorm", "attn_pre_proj", "attn_rope", "attn_post_proj", "mlp_up_proj", "mlp_act", "mlp_down_proj",
        "add",
      ])
    let operations = table.entries.map(\.operation)
    #expect(operations[0] == .memory(MemoryTraffic(.rmsNorm, read: 819_200, written: 819_200, rows: 100)))
    #expect(operations[1] == .gemm(try GEMMShape(m: 100, k: 4096, n: 6144), .fp16))
    #expect(operations[2] == .memory(MemoryTraffic(.rotary, read: 819_200, written: 819_200)))
    #expect(operations[3] == .gemm(try GEMMShape(m: 100, k: 2048, n: 4096), .fp16))
    #expect(operations[4] == .gemm(try GEMMShape(m: 100, k: 4096, n: 11008), .fp16))
    #expect(operations[5] == .memory(MemoryTraffic(.swiglu, read: 2_201_600, written: 1_100_800)))
    #expect(operations[6] == .gemm(try GEMMShape(m: 100, k: 5504, n: 4096), .fp16))
    #expect(operations[7] == .memory(MemoryTraffic(.residual, read: 1_638_400, written: 819_200)))
  }
}
