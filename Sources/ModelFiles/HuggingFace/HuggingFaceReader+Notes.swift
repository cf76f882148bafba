internal import DataFiles
internal import GEMMTiming
internal import TransformerModels

// What a file says beside the sizes.
extension HuggingFaceReader {
  /// What stands at the end of the layers, as `architectures` says.
  mutating func head() throws -> ModelConfiguration.Head {
    var head = ModelConfiguration.Head.languageModel
    if let outer = whole?.value("architectures") {
      for value in try outer.array() { try refuseDraft(value, try value.string()) }
    }
    guard let list = object.value("architectures") else { return head }
    for value in try list.array() {
      let name = try value.string()
      switch HuggingFaceArchitecture(name, family: family) {
      case .languageModel: break
      case .draft: try refuseDraft(value, name)
      case .classifier:
        head = .classifier(labels: try labels(of: name))
        notes.append(
          .key(
            "architectures",
            meaning:
              "is \(value.shortText): there is no product with the vocabulary, and that with the labels takes no "
              + "time worth counting"))
      case .bare:
        head = .none
        notes.append(.key("architectures", meaning: "is \(value.shortText): the layers are counted without a head"))
      case .other:
        notes.append(
          .key("architectures", meaning: "is \(value.shortText), which is not known and read as \(family.architecture)")
        )
      }
    }
    return head
  }

  private func refuseDraft(_ value: JSONValue, _ name: String) throws(FileError) {
    guard case .draft = HuggingFaceArchitecture(name, family: family) else { return }
    throw value.error(
      "architectures is \(value.shortText), a draft that proposes tokens to another model: its layers are not modeled",
      remedy: "the config.json of the model that it serves is expected")
  }

  /// The labels of a classifier: those named, or 2 as transformers has it; a reward is 1.
  private mutating func labels(of name: String) throws(FileError) -> Int {
    if let count = try object.optionalExtent("num_labels") { return count }
    if let named = object.value("id2label"), !named.keys.isEmpty { return named.keys.count }
    let lowered = name.lowercased()
    return lowered.contains("classification") || lowered.contains("questionanswering") ? 2 : 1
  }

  /// How weights are stored, and in which element type.
  mutating func storage() throws -> ModelStorage {
    var storage = ModelStorage()
    for key in ["quantization_config", "compression_config"] {
      guard let value = anywhere(key) else { continue }
      guard !value.keys.isEmpty else {
        if value.isUnset { continue }
        throw value.error("\(key) is \(value.shortText)", remedy: "an object is expected")
      }
      let quantization = try HuggingFaceQuantization(value)
      storage.quantize(quantization)
      notes.append(.quantized(key: key, method: quantization.method, bits: quantization.bits))
    }
    for key in ["torch_dtype", "dtype"] {
      guard let value = anywhere(key) else { continue }
      let text = try value.string()
      if let type = DataType(name: text.hasPrefix("torch.") ? String(text.dropFirst(6)) : text) {
        storage.activation = type
        notes.append(.elementType(key: key, type))
      } else if text != "auto" {
        notes.append(.key(key, meaning: "is \(value.shortText), which is not known: the step is of --dtype"))
      }
    }
    return storage
  }

  /// Keys that would change the step: an error where nothing near could be said, else a note.
  mutating func noteWhatChangesTheStep() throws {
    for key in HuggingFaceChange.unread where !object.hasAsked(key) && !family.harmless.contains(key) {
      object.ignore(key)
    }
    for (name, part) in [("", object)] + parts.map({ ("\($0.name).", $0.object) }) {
      for (key, value, meaning) in part.remarks {
        let meaning = meaning.map { ": \($0)" } ?? ", which \(type) models do not read in transformers"
        notes.append(.key(name + key, meaning: "is \(value.shortText)\(meaning)"))
      }
    }
    for change in HuggingFaceChange.all where !object.hasAsked(change.key) {
      guard let value = object.value(change.key), change.isActive(value) else { continue }
      switch change.effect {
      case .error(let reason):
        throw value.error("\(change.key) is \(value.shortText): \(reason)", remedy: change.remedy)
      case .note(let meaning): notes.append(.key(change.key, meaning: "is \(value.shortText): \(meaning)"))
      }
    }
  }

  /// Names what nothing has asked for and what is not known to be harmless.
  mutating func noteUnknownKeys() {
    let unasked = object.unasked + parts.flatMap { part in part.object.unasked.map { "\(part.name).\($0)" } }
    let unknown = unasked.filter { !HuggingFaceKeys.harmless.contains($0) && !family.harmless.contains($0) }
    let outer = (whole?.unasked ?? []).filter { !HuggingFaceKeys.harmless.contains($0) }
    let all = (unknown + outer.filter { !unknown.contains($0) }).map { JSONValue.shortened($0) }
    if !all.isEmpty { notes.append(.unknownKeys(all)) }
  }

  /// The model's name as the file gives it; nil for none, and for what is rather the path of a folder.
  mutating func title() throws(FileError) -> String? {
    for value in [object.value("_name_or_path"), whole?.value("_name_or_path")] {
      if let name = try value?.string(), ModelTitle.isName(name) { return name }
    }
    return nil
  }
}
