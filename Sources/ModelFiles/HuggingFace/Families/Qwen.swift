internal import TransformerModels

extension HuggingFaceFamily {
  /// Qwen2 and Qwen2.5: biases of queries, keys and values, and in the last layers a window that can be switched on.
  static let qwen2 = HuggingFaceFamily(types: ["qwen2"], architecture: "Qwen2ForCausalLM", harmless: qwenHarmless) {
    reader in
    var attention = try reader.heads(keyValueHeads: .number(32))
    attention.hasBias = true
    attention.rotated = attention.headDimension
    attention.window = try reader.qwenWindow()
    return try reader.llamaLike(attention, width: 22016, windowed: reader.qwenWindowed())
  }

  /// Qwen3: norms of each head's queries and keys.
  static let qwen3 = HuggingFaceFamily(types: ["qwen3"], architecture: "Qwen3ForCausalLM", harmless: qwenHarmless) {
    reader in
    var attention = try reader.heads(keyValueHeads: .number(32), headDimension: 128, bias: "attention_bias")
    attention.queryKeyNorm = 2 * attention.headDimension
    attention.window = try reader.qwenWindow()
    return try reader.llamaLike(attention, width: 22016, windowed: reader.qwenWindowed())
  }
}

extension HuggingFaceReader {
  /// The window where it is switched on.
  mutating func qwenWindow() throws -> Int? {
    let isOn = try flag("use_sliding_window")
    // The class's default is no matter while the window is off.
    let window = try isOn ? self.window(absent: 4096) : object.optionalExtent("sliding_window")
    if window == nil { object.note("use_sliding_window", "there is no window, as sliding_window is null") }
    return isOn ? window : nil
  }

  /// The layers with a window: those from `max_window_layers` on unless `layer_types` says.
  ///
  /// `usual` takes a layer's place and that key.
  mutating func qwenWindowed(usual: (Int, Int) -> Bool = { $0 >= $1 }) throws -> [Bool] {
    let first = try count("max_window_layers", or: 28)
    return try windowed(layers(), key: "max_window_layers") { usual($0, first) }
  }
}
