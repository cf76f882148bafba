import TaskGraphs
import Testing

/// Pipelines of uniform stages have closed forms (Huang et al., *GPipe*, 2019): with p stages and m micro-batches the
/// bubble is (p − 1)/m of the ideal time.
@Suite struct PipelineScheduleTests {
  private static let sizes = [1, 2, 3, 5, 8, 16].flatMap { p in [1, 2, 4, 7, 16, 64].map { (p, $0) } }

  @Test(arguments: sizes)
  func forwardBubbleIsTheClosedForm(stages: Int, microBatches: Int) throws {
    let step = 0.125
    var builder = TaskGraph.Builder()
    for microBatch in 0..<microBatches {
      for stage in 0..<stages {
        let task = builder.addTask(duration: step, resource: stage)
        #expect(task == microBatch * stages + stage)
        if stage > 0 { builder.addDependency(of: task, on: task - 1) }
      }
    }
    let schedule = Schedule(try builder.build())
    let ideal = Double(microBatches) * step
    #expect(schedule.makespan == Double(microBatches + stages - 1) * step)
    #expect(schedule.busy == Array(repeating: ideal, count: stages))
    for idle in schedule.idle { #expect(idle / ideal == Double(stages - 1) / Double(microBatches)) }
    #expect(schedule.chain.count == microBatches + stages - 1)
  }

  @Test(arguments: sizes)
  func forwardThenBackwardBubbleIsTheClosedForm(stages: Int, microBatches: Int) throws {
    let (forward, backward) = (1.0, 2.0)
    var builder = TaskGraph.Builder()
    func forwardTask(_ stage: Int, _ microBatch: Int) -> Int { microBatch * stages + stage }
    func backwardTask(_ stage: Int, _ microBatch: Int) -> Int {
      (microBatches + microBatch) * stages + (stages - 1 - stage)
    }
    // All forward ids before all backward ids: that is GPipe's order.
    for microBatch in 0..<microBatches {
      for stage in 0..<stages {
        let task = builder.addTask(duration: forward, resource: stage)
        if stage > 0 { builder.addDependency(of: task, on: forwardTask(stage - 1, microBatch)) }
      }
    }
    for microBatch in 0..<microBatches {
      for stage in (0..<stages).reversed() {
        let task = builder.addTask(duration: backward, resource: stage)
        #expect(task == backwardTask(stage, microBatch))
        builder.addDependency(of: task, on: forwardTask(stage, microBatch))
        if stage < stages - 1 { builder.addDependency(of: task, on: backwardTask(stage + 1, microBatch)) }
      }
    }
    let schedule = Schedule(try builder.build())
    let ideal = Double(microBatches) * (forward + backward)
    #expect(schedule.makespan == Double(microBatches + stages - 1) * (forward + backward))
    for idle in schedule.idle { #expect(idle / ideal == Double(stages - 1) / Double(microBatches)) }
  }
}
