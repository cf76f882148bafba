internal import DataFiles
internal import GEMMTiming
internal import TransformerModels

/// How a file says that weights are stored: the method, and the bits of a weight where they are said.
struct HuggingFaceQuantization {
  let method: String
  let bits: Int?
  /// Whether the file names attention among the modules that are stored as they were.
  let leavesAttentionOut: Bool

  /// Reads a `quantization_config` as transformers, GPTQ, AWQ, bitsandbytes, compressed-tensors and ModelOpt write it.
  init(_ value: JSONValue) throws(FileError) {
    let name = try (value["quant_method"] ?? value["quant_algo"])?.string()
    method = name.map { JSONValue.shortened($0) } ?? "of an unknown method"
    var bits: Int?
    for key in ["bits", "w_bit", "weight_bits", "nbits"] where bits == nil { bits = try value[key]?.integer() }
    if try value["load_in_4bit"]?.bool() ?? false { bits = bits ?? 4 }
    if try value["load_in_8bit"]?.bool() ?? false { bits = bits ?? 8 }
    if let groups = value["config_groups"] {
      for group in groups.keys where bits == nil { bits = try groups[group]?["weights"]?["num_bits"]?.integer() }
    }
    if bits == nil, let name = name?.lowercased() {
      if name.contains("fp8") || name.contains("int8") { bits = 8 }
      if name.contains("fp4") || name.contains("mxfp4") || name.contains("int4") { bits = 4 }
    }
    self.bits = bits
    let kept = try (value["modules_to_not_convert"] ?? value["ignore"])?.array() ?? []
    var names: [String] = []
    for name in kept { names.append(try name.string()) }
    leavesAttentionOut = names.contains { $0.contains("self_attn") && !$0.contains("layers.0.") }
  }
}

extension ModelStorage {
  /// What a `quantization_config` says of the linear layers.
  mutating func quantize(_ quantization: HuggingFaceQuantization) {
    switch (quantization.method.lowercased(), quantization.bits) {
    case (let method, _) where method.contains("mxfp4"): weight = .mxfp4
    case (let method, 4) where method.contains("bitsandbytes"): weight = .nf4
    case (_, 4): weight = .int4
    case (let method, 8) where method.contains("int8"): weight = .plain(.int8)
    case (let method, 8) where method.contains("fp8"):
      weight = .plain(.fp8)
      product = .fp8
    case (_, 8): weight = .plain(.int8)
    default: break
    }
    includesAttention = !quantization.leavesAttentionOut
  }
}
