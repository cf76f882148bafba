internal import GEMMTiming

extension PassTemplates {
  /// The backward pass of one part; without the weights' gradients where the schedule splits them off.
  mutating func backward(part: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    var current: Int
    if part == parts - 1 {
      current = try add(&pass, .output, .none, after: [], phase: .backward)
      pass.entry = current
      if model.vocabulary != nil { current = try addHeadBackward(&pass, after: current) }
    } else {
      current = try add(&pass, .receiveStage, sharded.receive, after: [], phase: .backward)
      pass.entry = current
    }
    let kept = sharded.graphs.map { graph in
      let operations = splitsWeightGradients ? graph.backward.filter { !$0.isWeightGradient } : graph.backward
      return (operations: operations, positions: Self.positions(of: operations, in: graph.backward))
    }
    var index = sharded.layers(ofPart: part).count
    for run in sharded.runs(ofPart: part).reversed() {
      for _ in 0..<run.count {
        index -= 1
        current = try add(
          sharded.graphs[run.kind], kept[run.kind].operations, to: &pass, layer: index, entry: current,
          renumbered: kept[run.kind].positions)
      }
    }
    pass.result = current
    if part > 0 {
      current = try addSend(&pass, to: part - 1, after: current, phase: .backward)
    } else if model.vocabulary != nil {
      // The gradient's rows are added to those of the tokens' embeddings.
      current = try add(
        &pass, .embedding, setting.pass(.embedding, read: 2 * setting.stream, written: setting.stream),
        after: [current],
        phase: .backward)
    }
    pass.exit = current
    return pass
  }

  /// The weights' gradients of one part, one after the other.
  mutating func weightGradient(part: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    var current: Int?
    for (index, layer) in sharded.graphs(ofPart: part).enumerated().reversed() {
      let base = pass.operations.count
      for operation in layer.backward where operation.isWeightGradient {
        current = try append(operation, to: &pass, layer: index, after: current.map { [$0] } ?? [])
      }
      try addGradientScatter(&pass, of: layer, layer: index, from: base)
    }
    pass.exit = current ?? 0
    pass.result = pass.exit
    return pass
  }

  /// Whether the weights' gradients are passes of their own.
  var splitsWeightGradients: Bool { options.schedule == .zeroBubble }

  /// For each operation of `all`, its place among `kept`.
  private static func positions(of kept: [LayerOperation], in all: [LayerOperation]) -> [Int] {
    var next = 0
    return all.map { operation in
      guard next < kept.count, kept[next] == operation else { return LayerOperation.entry }
      next += 1
      return next - 1
    }
  }
}
