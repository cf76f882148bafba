/// What the name of a class in `architectures` says of the layers' ends.
enum HuggingFaceArchitecture {
  /// The family's own language model.
  case languageModel
  /// A class that proposes tokens to another model.
  case draft
  /// A classifier or reward model: a few labels in place of the vocabulary.
  case classifier
  /// The layers alone, as embedding models use them.
  case bare
  /// A class that is not known here.
  case other

  /// Judges a class's name.
  init(_ name: String, family: HuggingFaceFamily) {
    let lowered = name.lowercased()
    func has(_ parts: [String]) -> Bool { parts.contains { lowered.contains($0) } }
    if lowered == family.architecture.lowercased() {
      self = .languageModel
    } else if has(["eagle", "medusa", "hydra", "speculator", "draft", "nextn", "mtp", "dflash"]) {
      self = .draft
    } else if has(["classification", "reward", "rerank", "questionanswering", "valuehead", "valuemodel", "critic"]) {
      self = .classifier
    } else if has(["embedding", "embedder"]) || (name.hasSuffix("Model") && !has(["lmhead", "doubleheads"])) {
      self = .bare
    } else {
      self = .other
    }
  }
}
