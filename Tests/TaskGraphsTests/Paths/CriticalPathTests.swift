import SeededRandom
import TaskGraphs
import Testing

@Suite struct CriticalPathTests {
  /// Durations are whole numbers: every figure must agree with enumeration to the last bit.
  @Test(arguments: 0..<400)
  func agreesWithTheEnumerationOfAllPaths(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 1...10)
    let solved = CriticalPath(try plain.graph())
    let paths = plain.allPaths()
    func duration(_ tasks: some Sequence<Int>) -> Double { tasks.reduce(0) { $0 + plain.durations[$1] } }
    let longest = paths.map { duration($0) }.max() ?? 0
    #expect(solved.length == longest)
    #expect(CriticalPath.length(of: try plain.graph()) == longest)

    let best = paths.filter { duration($0) == longest }
    #expect(solved.tasks == best.min { $0.lexicographicallyPrecedes($1) })

    for task in 0..<plain.taskCount {
      let through = paths.filter { $0.contains(task) }
      let head = through.map { duration($0.prefix { $0 != task }) }.max() ?? 0
      let tail = through.map { duration($0.drop { $0 != task }) }.max() ?? 0
      #expect(solved.earliestStart[task] == head)
      #expect(solved.latestStart[task] == longest - tail)
      #expect(solved.slack(of: task) == longest - (through.map { duration($0) }.max() ?? 0))
      #expect(solved.isCritical[task] == best.contains { $0.contains(task) })
    }
    #expect(solved.slack == (0..<plain.taskCount).map(solved.slack(of:)))
  }

  /// Durations that round: the path adds up to the length exactly, slack is exactly 0 on it and never negative.
  @Test(arguments: 0..<100)
  func roundingNeitherBreaksThePathNorMakesSlackNegative(seed: UInt64) throws {
    var plain = RandomGraph(seed: seed, tasks: 20...80)
    var random = SplitMix64(seed: seed ^ 0xabcd)
    plain.durations = plain.durations.map { $0 == 0 ? 0 : Double.random(in: 1e-6...1, using: &random) }
    let solved = CriticalPath(try plain.graph())
    #expect(solved.tasks.reduce(0) { $0 + plain.durations[$1] } == solved.length)
    for task in solved.tasks {
      #expect(solved.slack(of: task) == 0)
      #expect(solved.isCritical[task])
    }
    #expect(solved.slack.allSatisfy { $0 >= 0 })
    #expect(solved.tasks.first.map { plain.predecessors(of: $0).isEmpty } == true)
    #expect(solved.tasks.last.map { plain.successors(of: $0).isEmpty } == true)
    for (task, next) in zip(solved.tasks, solved.tasks.dropFirst()) {
      #expect(plain.predecessors(of: next).contains(task))
    }
  }

  /// Slack means what it says: using it up changes nothing, going beyond it lengthens the whole by as much.
  @Test(arguments: 0..<60)
  func slackIsWhatATaskCanGrowByForNothing(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 2...12)
    let graph = try plain.graph()
    let solved = CriticalPath(graph)
    for task in 0..<plain.taskCount {
      var durations = plain.durations
      durations[task] += solved.slack(of: task)
      #expect(CriticalPath.length(of: try graph.withDurations(durations)) == solved.length)
      durations[task] += 2
      #expect(CriticalPath.length(of: try graph.withDurations(durations)) == solved.length + 2)
    }
  }

  @Test func aChainIsTheSumOfItsParts() throws {
    var builder = TaskGraph.Builder()
    for index in 0..<100 { builder.addTask(duration: Double(index)) }
    for index in 1..<100 { builder.addDependency(of: index, on: index - 1) }
    let solved = CriticalPath(try builder.build())
    #expect(solved.length == 4950)
    #expect(solved.tasks == Array(0..<100))
    #expect(solved.slack.allSatisfy { $0 == 0 })
  }

  @Test func aDiamondTakesItsLongerSide() throws {
    var builder = TaskGraph.Builder()
    for duration in [1.0, 2, 5, 1] { builder.addTask(duration: duration) }
    for (task, predecessor) in [(1, 0), (2, 0), (3, 1), (3, 2)] { builder.addDependency(of: task, on: predecessor) }
    let solved = CriticalPath(try builder.build())
    #expect(solved.length == 7)
    #expect(solved.tasks == [0, 2, 3])
    #expect(solved.slack == [0, 3, 0, 0])
    #expect(solved.latestStart == [0, 4, 1, 6])
  }

  /// A transformer's head: input, norm, a split that takes no time, three equal branches, and a join.
  @Test func amongEqualBranchesTheSmallestIdIsOnThePathAndTasksWithoutDurationStay() throws {
    var builder = TaskGraph.Builder()
    let durations = [0.0, 0.25, 0, 0.1, 0.1, 0.1, 0.3, 0]
    for duration in durations { builder.addTask(duration: duration) }
    for (task, predecessor) in [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 5), (6, 4), (6, 3), (7, 6)] {
      builder.addDependency(of: task, on: predecessor)
    }
    let solved = CriticalPath(try builder.build())
    #expect(solved.tasks == [0, 1, 2, 3, 6, 7])
    #expect(solved.isCritical == Array(repeating: true, count: 8))
  }

  @Test func aGraphWithoutDurationsStillHasAPathFromEndToEnd() throws {
    var builder = TaskGraph.Builder()
    for _ in 0..<4 { builder.addTask(duration: 0) }
    for (task, predecessor) in [(3, 1), (2, 3)] { builder.addDependency(of: task, on: predecessor) }
    // Task 0 alone is a path of length 0, and the smallest.
    #expect(CriticalPath(try builder.build()).tasks == [0])
    builder.addDependency(of: 1, on: 0)
    #expect(CriticalPath(try builder.build()).tasks == [0, 1, 3, 2])
  }

  @Test func aVeryDeepChainNeedsNoRecursion() throws {
    let count = 300_000
    var builder = TaskGraph.Builder(reservingTasks: count, dependencies: count)
    for _ in 0..<count { builder.addTask(duration: 1) }
    // Against the order of the ids.
    for id in 1..<count { builder.addDependency(of: id - 1, on: id) }
    let solved = CriticalPath(try builder.build())
    #expect(solved.length == Double(count))
    #expect(solved.tasks == (0..<count).reversed())
  }
}
