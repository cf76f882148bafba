internal import TaskGraphs
internal import TransformerModels

/// The time that one layer takes on its stage in one pass of one micro-batch.
struct LayerStretch {
  let title: String
  let stage: Int
  let window: ClosedRange<Double>

  /// The second layer of the first stage (the first where it has one only) in the first pass of a kind; nil where the
  /// step has no such pass.
  init?(_ estimate: StepEstimate, pass kind: PipelineCell.Kind) {
    let (step, starts) = (estimate.step, estimate.schedule.path.earliestStart)
    var cell: PipelineCell?
    var first: Int?
    var chosen: Int?
    var window: ClosedRange<Double>?
    for node in 0..<step.nodeCount {
      let current = step.cell(of: node)
      if current.kind != kind {
        if cell != nil { break }
        continue
      }
      if cell == nil { cell = current }
      guard current == cell else { break }
      guard let layer = step.layer(of: node), step.graph.durations[node] > 0 else { continue }
      if first == nil { first = layer }
      // A later layer than the first replaces it once; the stretch then is that layer's.
      if chosen == nil || (chosen == first && layer != first) {
        chosen = layer
        window = nil
      }
      guard layer == chosen else { continue }
      let end = starts[node] + step.graph.durations[node]
      window = min(window?.lowerBound ?? starts[node], starts[node])...max(window?.upperBound ?? end, end)
    }
    guard let cell, let chosen, let window, window.upperBound > window.lowerBound else { return nil }
    stage = cell.part % step.plan.pp
    title = "Layer \(chosen), \(kind.title) pass of micro-batch \(cell.microBatch)"
    self.window = window
  }
}
