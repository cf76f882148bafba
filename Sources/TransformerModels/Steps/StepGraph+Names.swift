internal import TaskGraphs

extension StepGraph {
  /// The name of a node, as the reference document gives it: `layer0_q_linear`, `send_stage0_to_stage1`.
  ///
  /// Micro-batches have equal names; ``cell(of:)`` tells them apart.
  public func name(of node: Int) -> String {
    let (cell, position) = locate(node)
    let operation = templates[Int(cell.template)].operations[position]
    let (part, role) = (cell.cell.part, operation.operation.role)
    let isForward = operation.operation.phase == .forward
    let stage = part % plan.pp
    switch role {
    case .sendLayer:
      let layer = firstLayer(ofPart: part) + (operation.layer ?? 0)
      return isForward ? "send_layer\(layer)_to_layer\(layer + 1)" : "send_layer\(layer + 1)_to_layer\(layer)"
    case .sendStage:
      let neighbour = ((isForward ? part + 1 : part - 1) + plan.pp) % plan.pp
      // An interleaved step sends between the same stages for each chunk, and round from the last to the first.
      let pass = options.chunks > 1 ? "_chunk\(part / plan.pp)\(operation.operation.phase.rawValue)" : ""
      return "send_stage\(stage)_to_stage\(neighbour)\(pass)"
    case .receiveStage:
      let chunk = options.chunks > 1 ? "_chunk\(part / plan.pp)" : ""
      return "receive_stage\(stage)\(chunk)\(operation.operation.phase.rawValue)"
    case _ where role.isUpdate:
      let owner = operation.layer.map { "layer\($0 + firstLayer(ofPart: part))" }
      return owner.map { "\($0)_\(operation.operation.name)" } ?? "\(role.rawValue)_stage\(stage)"
    default:
      let name = operation.operation.name
      return operation.layer.map { "layer\($0 + firstLayer(ofPart: part))_\(name)" } ?? name
    }
  }
}

/// How finely a path is printed.
public enum PathLevel: String, Sendable, CaseIterable {
  /// Every operation.
  case op
  /// Layers by their blocks.
  case block
  /// Whole layers.
  case layer
  /// As the reference document folds: the first layer by operations, the second by blocks, the others whole.
  case document
}

/// Consecutive nodes of a path under one name.
public struct PathSegment: Hashable, Sendable {
  /// The common name.
  public let name: String
  /// The nodes in the path's order.
  public internal(set) var nodes: [Int]
  /// How long they take together.
  public internal(set) var seconds: Double
}

extension StepGraph {
  /// A path folded to a level: nodes that follow each other under one name become one segment.
  ///
  /// O(length of the path · log cells).
  public func path(_ nodes: [Int], level: PathLevel) -> [PathSegment] {
    var segments: [PathSegment] = []
    for node in nodes {
      let seconds = graph.durations[node]
      let name = segmentName(of: node, level: level)
      if let last = segments.indices.last, name == nil || name == segments[last].name {
        segments[last].nodes.append(node)
        segments[last].seconds += seconds
      } else {
        segments.append(PathSegment(name: name ?? self.name(of: node), nodes: [node], seconds: seconds))
      }
    }
    return segments
  }

  /// The name of the segment that a node belongs to; nil for one that joins whatever stands before it.
  private func segmentName(of node: Int, level: PathLevel) -> String? {
    guard let layer = layer(of: node) else { return name(of: node) }
    let operation = operation(of: node)
    let effective: PathLevel
    if level == .document {
      effective = layer == 0 && operation.phase == .forward ? .op : layer == 1 ? .block : .layer
    } else {
      effective = level
    }
    guard effective != .op else { return name(of: node) }
    if operation.role == .sendLayer { return level == .block ? name(of: node) : nil }
    let suffix = operation.phase == .forward ? "" : "_backward"
    if effective == .block, let block = operation.role.block { return "layer\(layer)_\(block.rawValue)\(suffix)" }
    return "layer\(layer)\(suffix)"
  }
}
