import GEMMTiming
import SeededRandom
import TaskGraphs
import Testing

@testable import TransformerModels

@Suite struct StageOrderTests {
  /// Seconds of each kind of pass.
  private struct Times {
    var forward = 1.0
    var backward = 2.0
    var weightGradient = 0.0
    var all: Double { forward + backward + weightGradient }

    func callAsFunction(_ kind: PipelineCell.Kind) -> Double {
      switch kind {
      case .forward: forward
      case .backward: backward
      case .weightGradient: weightGradient
      case .update: 0
      }
    }
  }

  /// The makespan of the passes alone: each waits for its neighbour's and for the one before it on its stage.
  private func makespan(_ options: StepOptions, stages: Int, microBatches: Int, _ times: Times) throws -> Double {
    var builder = TaskGraph.Builder()
    var ids: [PipelineCell: Int] = [:]
    var cells: [PipelineCell] = []
    for stage in 0..<stages {
      let order = StageOrder(stage: stage, stages: stages, microBatches: microBatches, options: options)
      var previous: Int?
      for cell in order.cells {
        let id = builder.addTask(duration: times(cell.kind))
        ids[cell] = id
        cells.append(cell)
        if let previous { builder.addDependency(of: id, on: previous) }
        previous = id
      }
    }
    let last = stages * options.chunks - 1
    for (id, cell) in cells.enumerated() {
      let before: PipelineCell? =
        switch cell.kind {
        case .forward:
          cell.part > 0 ? PipelineCell(kind: .forward, part: cell.part - 1, microBatch: cell.microBatch) : nil
        case .backward:
          cell.part < last
            ? PipelineCell(kind: .backward, part: cell.part + 1, microBatch: cell.microBatch)
            : PipelineCell(kind: .forward, part: last, microBatch: cell.microBatch)
        case .weightGradient: PipelineCell(kind: .backward, part: cell.part, microBatch: cell.microBatch)
        case .update: nil
        }
      if let before { builder.addDependency(of: id, on: try #require(ids[before])) }
    }
    return CriticalPath.length(of: try builder.build())
  }

  private static let counts = [1, 2, 3, 5, 8, 16, 33]

  @Test(arguments: [StepOptions.Schedule.gPipe, .oneForwardOneBackward])
  func plainSchedulesHaveTheBubbleOfPMinusOne(schedule: StepOptions.Schedule) throws {
    let times = Times(forward: 1.3, backward: 2.9)
    for stages in [1, 2, 3, 4, 7, 8, 16] {
      for microBatches in Self.counts {
        let time = try makespan(
          StepOptions(work: .training, schedule: schedule), stages: stages, microBatches: microBatches, times)
        let bubble = time / (Double(microBatches) * times.all) - 1
        #expect(abs(bubble - Double(stages - 1) / Double(microBatches)) < 1e-9)
      }
    }
  }

  @Test func interleavingDividesTheBubble() throws {
    for stages in [1, 2, 3, 4, 8, 16] {
      for chunks in 1...4 {
        for microBatches in stride(from: stages, through: min(32, 3 * stages), by: stages) {
          let times = Times(forward: 1.1 / Double(chunks), backward: 2.3 / Double(chunks))
          let time = try makespan(
            StepOptions(work: .training, schedule: .interleaved(chunks: chunks)), stages: stages,
            microBatches: microBatches, times)
          let bubble = time / (Double(microBatches * chunks) * times.all) - 1
          #expect(abs(bubble - Double(stages - 1) / Double(chunks * microBatches)) < 1e-9)
        }
      }
    }
  }

  /// The bubble of ZB-H1 is (p − 1)(F + B − W) where a weight's gradient takes no longer than an input's.
  @Test func zeroBubbleHasItsClosedForm() throws {
    let zeroBubble = StepOptions(work: .training, schedule: .zeroBubble)
    for (backward, weightGradient) in [(1.0, 1.0), (1.4, 0.9), (2, 0.5)] {
      let times = Times(forward: 1, backward: backward, weightGradient: weightGradient)
      for stages in [1, 2, 3, 5, 8, 12] {
        for microBatches in Self.counts where microBatches >= stages {
          let time = try makespan(zeroBubble, stages: stages, microBatches: microBatches, times)
          let bubble = Double(stages - 1) * (1 + backward - weightGradient)
          #expect(abs(time - Double(microBatches) * times.all - bubble) < 1e-9)
        }
      }
    }
  }

  @Test func zeroBubbleIsNeverSlower() throws {
    var random = SplitMix64(seed: 5)
    for stages in [1, 2, 3, 4, 6, 9] {
      for microBatches in Self.counts {
        let times = Times(
          forward: Double.random(in: 0.1...2, using: &random), backward: Double.random(in: 0.1...2, using: &random),
          weightGradient: Double.random(in: 0.1...2, using: &random))
        let split = try makespan(
          StepOptions(work: .training, schedule: .zeroBubble), stages: stages, microBatches: microBatches, times)
        let whole = try makespan(
          StepOptions(work: .training, schedule: .oneForwardOneBackward), stages: stages, microBatches: microBatches,
          Times(forward: times.forward, backward: times.backward + times.weightGradient))
        #expect(split <= whole * (1 + 1e-12))
      }
    }
  }

  @Test func everyPassIsTakenOnce() {
    for schedule in [StepOptions.Schedule.gPipe, .oneForwardOneBackward, .interleaved(chunks: 3), .zeroBubble] {
      let options = StepOptions(work: .training, schedule: schedule)
      for stages in 1...5 {
        for rounds in 1...3 {
          for stage in 0..<stages {
            let cells = StageOrder(
              stage: stage, stages: stages, microBatches: rounds * stages, options: options
            ).cells
            #expect(Set(cells).count == cells.count)
            let kinds = schedule == .zeroBubble ? 3 : 2
            #expect(cells.count == kinds * rounds * stages * options.chunks + 1)
            #expect(cells.allSatisfy { $0.part % stages == stage })
          }
        }
      }
    }
  }

  /// A stage never holds more micro-batches' activations than 1F1B promises: p − s in flight.
  @Test func oneForwardOneBackwardBoundsWhatIsInFlight() {
    for stage in 0..<8 {
      let order = StageOrder(
        stage: stage, stages: 8, microBatches: 32,
        options: StepOptions(work: .training, schedule: .oneForwardOneBackward))
      var (inFlight, most) = (0, 0)
      for cell in order.cells where cell.kind != .update {
        inFlight += cell.kind == .forward ? 1 : -1
        most = max(most, inFlight)
      }
      #expect(most == 8 - stage && inFlight == 0)
    }
  }
}
