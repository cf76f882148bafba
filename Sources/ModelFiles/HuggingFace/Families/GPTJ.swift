internal import TransformerModels

extension HuggingFaceFamily {
  /// GPT-J: attention and MLP side by side behind one norm, and biases everywhere but in attention.
  static let gptJ = HuggingFaceFamily(types: ["gptj"], architecture: "GPTJForCausalLM", sizes: .gpt) { reader in
    var attention = try reader.plainHeads()
    attention.rotated = try reader.rotated(elements: "rotary_dim", of: attention.headDimension, absent: 64)
    reader.object.ignore("rotary", as: "true")
    let mlp = try reader.gptMLP()
    var model = try reader.model(
      TransformerLayer([.init(attention, mlp)]), .layerNorm, dropout: ["resid_pdrop", "attn_pdrop"])
    model.ends.hasHeadBias = true
    return model
  }
}
