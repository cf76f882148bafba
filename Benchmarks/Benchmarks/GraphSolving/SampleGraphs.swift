import SeededRandom
import TaskGraphs

/// Graphs of the kinds that the solver meets, the same on every run.
enum SampleGraphs {
  /// Forward and backward of every micro-batch through a pipeline: a forward waits for the stage before, a backward for
  /// the stage after and for its own forward; each stage is a resource.
  static func pipeline(stages: Int, microBatches: Int) -> TaskGraph.Builder {
    var builder = TaskGraph.Builder(
      reservingTasks: 2 * stages * microBatches, dependencies: 4 * stages * microBatches)
    for microBatch in 0..<microBatches {
      let first = builder.taskCount
      for stage in 0..<stages {
        let task = builder.addTask(duration: 1 + Double(microBatch % 7) * 0.01, resource: stage)
        if stage > 0 { builder.addDependency(of: task, on: task - 1) }
      }
      for stage in (0..<stages).reversed() {
        let task = builder.addTask(duration: 2, resource: stage)
        builder.addDependency(of: task, on: first + stage)
        if stage < stages - 1 { builder.addDependency(of: task, on: task - 1) }
      }
    }
    return builder
  }

  /// Dependencies between tasks drawn evenly, from the smaller id to the larger; 64 resources.
  static func random(tasks: Int, dependencies: Int) -> TaskGraph.Builder {
    var random = SplitMix64(seed: 1)
    var builder = TaskGraph.Builder(reservingTasks: tasks, dependencies: dependencies)
    for task in 0..<tasks { builder.addTask(duration: .random(in: 0...1, using: &random), resource: task % 64) }
    for _ in 0..<dependencies {
      let (a, b) = (Int.random(in: 0..<tasks, using: &random), Int.random(in: 0..<tasks, using: &random))
      if a != b { builder.addDependency(of: max(a, b), on: min(a, b)) }
    }
    return builder
  }
}
