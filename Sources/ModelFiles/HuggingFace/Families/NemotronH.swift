internal import DataFiles
internal import TransformerModels

extension HuggingFaceFamily {
  /// Nemotron-H and Nemotron 3: each layer is one block, of state spaces, attention, experts or an MLP.
  static let nemotronH = HuggingFaceFamily(
    types: ["nemotron_h"], architecture: "NemotronHForCausalLM",
    harmless: groupedHarmless.union([
      "mamba_hidden_act", "time_step_limit", "time_step_min", "time_step_max", "time_step_floor", "use_mamba_kernels",
      "rescale_prenorm_residual", "num_logits_to_keep", "moe_shared_expert_overlap", "mtp_layers_block_type",
      "mtp_hybrid_override_pattern", "intermediate_size",
    ])
  ) { reader in
    let kinds = try reader.nemotronKinds()
    reader.object.ignore("num_hidden_layers", as: "\(kinds.count)")
    let attention = try reader.heads(keyValueHeads: .number(8), headDimension: 128)
    reader.object.ignore("attention_head_dim", as: "\(attention.headDimension)")
    for key in ["mamba_proj_bias", "residual_in_fp32"] { reader.object.ignore(key) }
    var layers: [String: TransformerLayer] = [:]
    for kind in Set(kinds).sorted() {
      switch kind {
      case "linear_attention": layers[kind] = TransformerLayer([.init(try reader.mixer())])
      case "full_attention": layers[kind] = TransformerLayer([.init(attention)])
      case "mlp": layers[kind] = TransformerLayer([.init(try reader.nemotronMLP("intermediate_size", width: 21504))])
      default: layers[kind] = TransformerLayer([.init(try reader.nemotronExperts())])
      }
    }
    return try reader.model(LayerStack(kinds.compactMap { layers[$0] }))
  }
}

extension HuggingFaceReader {
  /// The kinds of the layers by name, from a list or from a letter for each.
  fileprivate mutating func nemotronKinds() throws -> [String] {
    let key = object.value("layers_block_type") == nil ? "layer_types" : "layers_block_type"
    if let list = object.value(key) {
      return try list.array().map { value in
        let name = try value.string()
        guard let kind = Self.nemotronNames[name] else {
          throw value.error("\(key) names \(value.shortText)", remedy: "mamba, attention, moe or mlp is expected")
        }
        return kind
      }
    }
    let pattern = try object.root.required("hybrid_override_pattern")
    _ = object.value("hybrid_override_pattern")
    return try pattern.string().map { letter in
      guard let kind = Self.nemotronNames[String(letter)] else {
        throw pattern.error("hybrid_override_pattern has \"\(letter)\"", remedy: "M, *, E or - is expected")
      }
      return kind
    }
  }

  private static let nemotronNames = [
    "mamba": "linear_attention", "linear_attention": "linear_attention", "M": "linear_attention",
    "attention": "full_attention", "full_attention": "full_attention", "*": "full_attention", "moe": "moe", "E": "moe",
    "mlp": "mlp", "-": "mlp",
  ]

  /// The state-space block; the width follows from its heads, and not from `expand`.
  fileprivate mutating func mixer() throws -> StateSpaceMixer {
    var mixer = try StateSpaceMixer(
      heads: size("mamba_num_heads", absent: 128), headDimension: size("mamba_head_dim", absent: 64),
      groups: size("n_groups", alias: "mamba_n_groups", absent: 8), stateDimension: size("ssm_state_size", absent: 128),
      filter: size("conv_kernel", alias: "mamba_d_conv", absent: 4),
      chunk: size("chunk_size", alias: "mamba_chunk_size", absent: 128))
    mixer.hasFilterBias = try flag("use_conv_bias", or: true)
    mixer.hasBias = try flag("use_bias")
    object.ignore("expand", as: "2")
    object.ignore("mamba_ssm_cache_dtype", as: "float32")
    return mixer
  }

  fileprivate mutating func nemotronMLP(_ key: String, width: Int) throws -> DenseMLP {
    var mlp = try mlp(key, absent: width, isGated: false, activation: "mlp_hidden_act", or: .squaredReLU)
    mlp.hasBias = try flag("mlp_bias")
    return mlp
  }

  /// Experts without biases, and one for all tokens of the dense kind.
  fileprivate mutating func nemotronExperts() throws -> ExpertMLP {
    var expert = try nemotronMLP("moe_intermediate_size", width: 7688)
    let hasBias = expert.hasBias
    expert.hasBias = false
    var experts = try experts("n_routed_experts", alias: "num_local_experts", absent: 8, topK: 2, expert)
    experts.shared = try nemotronMLP("moe_shared_expert_intermediate_size", width: 7688)
    object.ignore("n_shared_experts", as: "1")
    experts.latentWidth = try object.optionalExtent("moe_latent_size")
    experts.hasLatentBias = hasBias
    return experts
  }
}
