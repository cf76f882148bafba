internal import TransformerModels

extension CostedLayer {
  /// `0-2, 5`: which layers of a model are of this kind, counted from 0.
  var layersText: String {
    layers.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)" }
      .joined(separator: ", ")
  }

  /// `layers 0-2`, `layer 0`; of many stretches how many layers there are and the first.
  var title: String {
    if count == 1 { return "layer \(layersText)" }
    guard layers.count > 4, let first = layers.first else { return "layers \(layersText)" }
    return "\(count) layers from \(first.lowerBound) on"
  }
}
