extension StepEstimate {
  /// The layers that a stage holds, one range a part of the model on it.
  public func layers(ofStage stage: Int) -> [Range<Int>] {
    let parts = plan.pp * options.chunks
    return (0..<options.chunks).map { chunk in
      let part = chunk * plan.pp + stage
      let first = plan.firstLayer(ofPart: part, parts: parts, layers: model.layers)
      return first..<first + plan.layerCount(ofPart: part, parts: parts, layers: model.layers)
    }
  }
}
