import TaskGraphs
import Testing

@Suite struct GraphErrorTests {
  @Test func eachErrorNamesItsCulpritInOneLine() {
    let texts: [(GraphError, [String])] = [
      (.cycle(through: [3, 9, 4]), ["3 → 9 → 4 → 3"]),
      (.unknownTask(12, taskCount: 10), ["12", "0 to 9"]),
      (.unknownTask(0, taskCount: 0), ["task 0", "no tasks"]),
      (.invalidDuration(task: 7, -2.5), ["task 7", "-2.5"]),
      (.totalDurationOverflows, ["sum"]),
      (.invalidResource(task: 7, -2), ["task 7", "-2", "16777215"]),
      (.invalidPriority(task: 7, .nan), ["task 7", "nan"]),
      (.countMismatch(expected: 5, given: 4), ["5 tasks", "4 values"]),
      (.tooLarge(tasks: 3_000_000_000, dependencies: 1), ["3000000000", "2147483647"]),
    ]
    for (error, parts) in texts {
      #expect(!error.description.contains("\n"))
      for part in parts { #expect(error.description.contains(part), "\(error)") }
    }
  }
}
