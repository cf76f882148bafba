import GEMMTiming
import SeededRandom
import Testing

@testable import TransformerModels

@Suite struct StageOrderTests {
  @Test func everyPartMeetsEveryMicroBatchOnceWhateverTheirNumber() {
    for stages in 1...5 {
      for chunks in 1...3 {
        for microBatches in 1...11 {
          for work in [StepOptions.Work.forward, .training] {
            let options = StepOptions(
              work: work, schedule: chunks > 1 ? .interleaved(chunks: chunks) : .oneForwardOneBackward)
            for stage in 0..<stages {
              let cells = StageOrder(stage: stage, stages: stages, microBatches: microBatches, options: options).cells
              for kind in [PipelineCell.Kind.forward, .backward] where kind == .forward || work == .training {
                let found = cells.filter { $0.kind == kind }.map { [$0.part, $0.microBatch] }
                let expected = (0..<chunks).flatMap { chunk in
                  (0..<microBatches).map { [chunk * stages + stage, $0] }
                }
                #expect(found.count == expected.count && Set(found) == Set(expected))
              }
            }
          }
        }
      }
    }
  }

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

  /// The passes alone: each waits for its neighbour's and for the one before it on its stage.
  private struct Solved {
    /// The end of the last pass.
    var makespan = 0.0
    /// The longest path through what passes receive from each other, without waiting for a busy stage.
    var path = 0.0
    /// The work of each stage.
    var work: [Double]

    /// Takes passes in rounds, each stage as far as it comes; an order that cannot be followed leaves some untaken.
    init(_ options: StepOptions, stages: Int, microBatches: Int, _ times: Times) throws {
      let orders = (0..<stages).map { stage in
        StageOrder(stage: stage, stages: stages, microBatches: microBatches, options: options).cells
          .filter { $0.kind != .update }
      }
      let parts = stages * options.chunks
      func index(_ kind: PipelineCell.Kind, _ part: Int, _ microBatch: Int) -> Int {
        (Int(kind.rawValue) * parts + part) * microBatches + microBatch
      }
      // When each pass ends: as scheduled, and if no stage were ever busy.
      var ends = [(Double, Double)?](repeating: nil, count: 3 * parts * microBatches)
      var next = [Int](repeating: 0, count: stages)
      var free = [Double](repeating: 0, count: stages)
      work = Array(repeating: 0, count: stages)
      var advances = true
      while advances {
        advances = false
        for stage in 0..<stages {
          while next[stage] < orders[stage].count {
            let cell = orders[stage][next[stage]]
            let before: Int? =
              switch cell.kind {
              case .forward: cell.part > 0 ? index(.forward, cell.part - 1, cell.microBatch) : nil
              case .backward where cell.part < parts - 1: index(.backward, cell.part + 1, cell.microBatch)
              case .backward: index(.forward, cell.part, cell.microBatch)
              default: index(.backward, cell.part, cell.microBatch)
              }
            var received = (0.0, 0.0)
            if let before {
              guard let end = ends[before] else { break }
              received = end
            }
            let time = times(cell.kind)
            free[stage] = max(free[stage], received.0) + time
            work[stage] += time
            ends[index(cell.kind, cell.part, cell.microBatch)] = (free[stage], received.1 + time)
            path = max(path, received.1 + time)
            next[stage] += 1
            advances = true
          }
        }
      }
      try #require(next == orders.map(\.count))
      makespan = free.max() ?? 0
    }

    /// No schedule ends before its longest path or before the busiest stage is done.
    var respectsItsBounds: Bool {
      makespan >= path * (1 - 1e-12) && work.allSatisfy { makespan >= $0 * (1 - 1e-12) }
    }
  }

  /// The bubble over the work, (p − 1)/(v·m), and both bounds, for every p, m and v in range.
  @Test(arguments: [StepOptions.Schedule.gPipe, .oneForwardOneBackward])
  func plainSchedulesHaveTheBubbleOfPMinusOne(schedule: StepOptions.Schedule) throws {
    let times = Times(forward: 1.3, backward: 2.9)
    let options = StepOptions(work: .training, schedule: schedule)
    var wrong: [(Int, Int)] = []
    for stages in 1...16 {
      for microBatches in 1...64 {
        let solved = try Solved(options, stages: stages, microBatches: microBatches, times)
        let bubble = solved.makespan / (Double(microBatches) * times.all) - 1
        let expected = Double(stages - 1) / Double(microBatches)
        if abs(bubble - expected) >= 1e-9 || !solved.respectsItsBounds { wrong.append((stages, microBatches)) }
      }
    }
    #expect(wrong.isEmpty)
  }

  /// An interleaved schedule takes micro-batches in rounds of p: all multiples of p up to 64.
  @Test(arguments: 1...4)
  func interleavingDividesTheBubble(chunks: Int) throws {
    let options = StepOptions(work: .training, schedule: .interleaved(chunks: chunks))
    let times = Times(forward: 1.1 / Double(chunks), backward: 2.3 / Double(chunks))
    var wrong: [(Int, Int)] = []
    for stages in 1...16 {
      for microBatches in stride(from: stages, through: 64, by: stages) {
        let solved = try Solved(options, stages: stages, microBatches: microBatches, times)
        let bubble = solved.makespan / (Double(microBatches * chunks) * times.all) - 1
        let expected = Double(stages - 1) / Double(chunks * microBatches)
        if abs(bubble - expected) >= 1e-9 || !solved.respectsItsBounds { wrong.append((stages, microBatches)) }
      }
    }
    #expect(wrong.isEmpty)
  }

  /// The bubble of ZB-H1 is (p − 1)(F + B − W) where a weight's gradient takes no longer than an input's.
  @Test(arguments: [(1.0, 1.0), (1.4, 0.9), (2, 0.5)])
  func zeroBubbleHasItsClosedForm(backward: Double, weightGradient: Double) throws {
    let options = StepOptions(work: .training, schedule: .zeroBubble)
    let times = Times(forward: 1, backward: backward, weightGradient: weightGradient)
    var wrong: [(Int, Int)] = []
    for stages in 1...16 {
      for microBatches in stages...64 {
        let solved = try Solved(options, stages: stages, microBatches: microBatches, times)
        let bubble = Double(stages - 1) * (1 + backward - weightGradient)
        if abs(solved.makespan - Double(microBatches) * times.all - bubble) >= 1e-9 || !solved.respectsItsBounds {
          wrong.append((stages, microBatches))
        }
      }
    }
    #expect(wrong.isEmpty)
  }

  /// Random times for every p and m in range.
  @Test func zeroBubbleIsNeverSlower() throws {
    var random = SplitMix64(seed: 5)
    let (zeroBubble, alternating) = (
      StepOptions(work: .training, schedule: .zeroBubble),
      StepOptions(work: .training, schedule: .oneForwardOneBackward)
    )
    var wrong: [(Int, Int, Times)] = []
    for stages in 1...16 {
      for microBatches in 1...64 {
        let times = Times(
          forward: Double.random(in: 0.1...2, using: &random), backward: Double.random(in: 0.1...2, using: &random),
          weightGradient: Double.random(in: 0.1...2, using: &random))
        let joined = Times(forward: times.forward, backward: times.backward + times.weightGradient)
        let split = try Solved(zeroBubble, stages: stages, microBatches: microBatches, times)
        let whole = try Solved(alternating, stages: stages, microBatches: microBatches, joined)
        if split.makespan > whole.makespan * (1 + 1e-12) || !split.respectsItsBounds || !whole.respectsItsBounds {
          wrong.append((stages, microBatches, times))
        }
      }
    }
    #expect(wrong.isEmpty)
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
