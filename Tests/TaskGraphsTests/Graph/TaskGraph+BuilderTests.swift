import TaskGraphs
import Testing

@Suite struct TaskGraphBuilderTests {
  @Test func idsCountUp() {
    var builder = TaskGraph.Builder(reservingTasks: 2, dependencies: 1)
    #expect(builder.addTask(duration: 1) == 0)
    #expect(builder.addTask(duration: 2, resource: 5) == 1)
    #expect(builder.taskCount == 2)
  }

  @Test func aGraphMayBeEmpty() throws {
    let graph = try TaskGraph.Builder().build()
    #expect(graph.taskCount == 0)
    #expect(CriticalPath(graph).length == 0)
    #expect(CriticalPath(graph).tasks.isEmpty)
    #expect(Schedule(graph).makespan == 0)
    #expect(Schedule(graph).chain.isEmpty)
  }

  @Test(arguments: [Int.min, -1, Int.max])
  func aReservationIsOnlyAHint(amount: Int) throws {
    var builder = TaskGraph.Builder()
    builder.reserve(tasks: amount, dependencies: amount)
    builder.addTask(duration: 1)
    #expect(try builder.build().taskCount == 1)
  }

  @Test func aBuilderCanGoOnAfterBuilding() throws {
    var builder = TaskGraph.Builder()
    builder.addTask(duration: 1)
    let small = try builder.build()
    builder.addTask(duration: 2)
    builder.addDependency(of: 1, on: 0)
    let large = try builder.build()
    #expect(CriticalPath(small).length == 1)
    #expect(CriticalPath(large).length == 3)
  }

  @Test(arguments: [-1, 2, Int.max, Int.min, 1 << 31, 1 << 32])
  func dependenciesOnUnknownTasksAreRefused(id: Int) {
    for laterIsUnknown in [false, true] {
      var builder = TaskGraph.Builder()
      builder.addTask(duration: 1)
      builder.addTask(duration: 1)
      builder.addDependency(of: laterIsUnknown ? id : 0, on: laterIsUnknown ? 0 : id)
      #expect(throws: GraphError.unknownTask(id, taskCount: 2)) { try builder.build() }
    }
  }

  @Test(arguments: [-1, -Double.leastNonzeroMagnitude, .infinity, -.infinity])
  func impossibleDurationsAreRefused(duration: Double) {
    var builder = TaskGraph.Builder()
    builder.addTask(duration: 0)
    builder.addTask(duration: duration)
    #expect(throws: GraphError.invalidDuration(task: 1, duration)) { try builder.build() }
  }

  @Test func aNaNIsRefused() {
    var builder = TaskGraph.Builder()
    builder.addTask(duration: .nan)
    // A NaN equals nothing, so the case is taken apart.
    do {
      _ = try builder.build()
      Issue.record("a NaN was taken as a duration")
    } catch {
      guard case .invalidDuration(0, let value) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(value.isNaN)
    }
  }

  @Test func durationsWhoseSumOverflowsAreRefused() {
    var builder = TaskGraph.Builder()
    for _ in 0..<2 { builder.addTask(duration: .greatestFiniteMagnitude) }
    #expect(throws: GraphError.totalDurationOverflows) { try builder.build() }
  }

  @Test(arguments: [-1, TaskGraph.maximumResourceCount, Int.max, Int.min])
  func impossibleResourcesAreRefused(resource: Int) {
    var builder = TaskGraph.Builder()
    builder.addTask(duration: 0)
    builder.addTask(duration: 0, resource: resource)
    #expect(throws: GraphError.invalidResource(task: 1, resource)) { try builder.build() }
  }
}
