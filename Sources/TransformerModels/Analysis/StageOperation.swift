public import GEMMTiming

/// Equal operations that one GPU of a stage does in a step.
public struct StageOperation: Sendable {
  /// What is done, and how long one takes.
  public let costed: CostedOperation
  /// How many of them there are.
  public fileprivate(set) var count: Int

  /// The time of all of them, ends with ends.
  public var total: TimeInterval90 { Double(count) * TimeInterval90(costed.prediction) }
}

extension StepEstimate {
  /// What one GPU of a stage does in a step, over all micro-batches; equal operations of one name stand once, in the order
  /// of their first.
  ///
  /// Bookkeeping and the host's launching, which are no work of a GPU, are left out. O(cells + operations of passes).
  public func operations(ofStage stage: Int) -> [StageOperation] {
    var cells: [Int: Int] = [:]
    var order: [Int] = []
    for cell in step.cells where cell.cell.part % plan.pp == stage {
      let template = Int(cell.template)
      if cells.updateValue(cells[template, default: 0] + 1, forKey: template) == nil { order.append(template) }
    }
    var operations: [StageOperation] = []
    var places: [Question: Int] = [:]
    for template in order {
      for one in step.templates[template].operations where one.operation.operation != .none {
        let key = Question(
          name: one.operation.name, operation: one.operation.operation, prediction: one.prediction)
        let count = cells[template] ?? 0
        if let place = places[key] {
          operations[place].count += count
        } else {
          places[key] = operations.count
          operations.append(StageOperation(costed: CostedOperation(one.operation, one.prediction), count: count))
        }
      }
    }
    return operations
  }

  /// What makes operations equal, whatever they wait for.
  private struct Question: Hashable {
    let name: String
    let operation: GEMMTiming.Operation
    let prediction: TimePrediction
  }
}
