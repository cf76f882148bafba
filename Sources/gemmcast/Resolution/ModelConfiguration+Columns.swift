internal import DeviceModels
internal import GEMMTiming
internal import TransformerModels

extension ModelConfiguration {
  /// What the columns of a file of a layer's operations measure, in 16 bits: the operations of a forecast's own layer.
  ///
  /// - Throws: `ModelError` for sizes of which no layer is made.
  static func columns(of measured: MeasuredLayer) throws -> [(column: String, operation: GEMMTiming.Operation)] {
    let model = try ModelConfiguration(
      name: "layer", layers: 1, hidden: measured.hidden, heads: measured.heads, keyValueHeads: measured.keyValueHeads,
      ffn: measured.ffn, gated: measured.isGated, activation: measured.isGated ? .silu : .gelu,
      normalization: measured.isGated ? .rmsNorm : .layerNorm, positions: .rotary)
    let plan = try ParallelPlan(tp: measured.tp, batch: 1, sequence: measured.tokens, dtype: .fp16)
    let layer = try LayerGraph(model: model, plan: plan)
    let names = [
      ("input_layernorm_us", "ln1"), ("attn_pre_proj_us", "qkv_linear"), ("attn_rope_us", "rope"),
      ("attn_post_proj_us", "attn_proj"), ("post_attention_layernorm_us", "ln2"), ("mlp_up_proj_us", "mlp1"),
      ("mlp_act_us", measured.isGated ? "swiglu" : "gelu"), ("mlp_down_proj_us", "mlp2"), ("add_us", "res1"),
    ]
    return names.compactMap { column, name in
      layer.forward.first { $0.name == name }.map { (column, $0.operation) }
    }
  }
}
