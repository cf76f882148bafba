internal import DataFiles
internal import TransformerModels

// Which of the layers are of which kind.
extension HuggingFaceReader {
  /// The layers that a list names by their places; nil where it is absent.
  mutating func places(_ key: String, of layers: Int) throws(FileError) -> Set<Int>? {
    guard let list = object.value(key) else { return nil }
    var places: Set<Int> = []
    for value in try list.array() {
      let place = try value.integer()
      guard (0..<layers).contains(place) else {
        throw value.error("\(key) names layer \(place)", remedy: "a layer from 0 to \(layers - 1) is expected")
      }
      places.insert(place)
    }
    return places
  }

  /// The kinds of the layers as `layer_types` lists them; nil where it does not.
  mutating func layerTypes(_ layers: Int, _ known: Set<String>) throws(FileError) -> [String]? {
    guard let list = object.value("layer_types") else { return nil }
    let values = try list.array()
    guard values.count == layers else {
      throw list.error(
        "layer_types has \(values.count) entries", remedy: "one for each of \(layers) layers is expected")
    }
    var kinds: [String] = []
    for value in values {
      let kind = try value.string()
      guard known.contains(kind) else {
        throw value.error(
          "layer_types names \(value.shortText), which \(type) models do not have",
          remedy: "\(known.sorted().joined(separator: " or ")) is expected")
      }
      kinds.append(kind)
    }
    return kinds
  }

  /// `sliding_window`; nil where it is null, or absent and the class has no default for it.
  mutating func window(absent usual: Int? = nil) throws(FileError) -> Int? {
    guard let usual, isSet("sliding_window", absent: true) else { return try object.optionalExtent("sliding_window") }
    return try size("sliding_window", absent: usual)
  }

  /// The layers that see a part of the sequence only, by `layer_types` or else by `usual`, which follows from `key`.
  mutating func windowed(_ layers: Int, key: String?, else usual: (Int) -> Bool) throws(FileError) -> [Bool] {
    let kinds = try layerTypes(layers, ["full_attention", "sliding_attention"])
    return listed(kinds?.map { $0 == "sliding_attention" }, over: (0..<layers).map(usual), by: key)
  }

  /// What a list says of each layer, or else what follows from `key`, which is noted where it says something else.
  mutating func listed(_ list: [Bool]?, over usual: [Bool], by key: String?) -> [Bool] {
    guard let list else { return usual }
    if let key, list != usual { object.note(key, "another key lists the layers, and lists others") }
    return list
  }
}

extension LayerStack {
  /// One kind of layer for those that see all of the sequence, and one with a window for the others.
  init(windowed: [Bool], window: Int?, _ layer: (_ window: Int?) throws -> TransformerLayer) rethrows {
    let full = try layer(nil)
    let local = try layer(window)
    self.init(windowed.map { $0 ? local : full })
  }
}
