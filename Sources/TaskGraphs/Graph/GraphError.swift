/// Why a graph cannot be built, re-costed or scheduled; each case carries the culprit.
public enum GraphError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The tasks of one cycle in order: each must end before the next begins, and the last before the first.
  ///
  /// The cycle begins with its smallest id; a task that waits for itself is a cycle of one.
  case cycle(through: [Int])
  /// A dependency names a task that was never added.
  case unknownTask(Int, taskCount: Int)
  /// A duration that is negative, infinite or NaN.
  case invalidDuration(task: Int, Double)
  /// The durations are finite, but their sum is not.
  case totalDurationOverflows
  /// A resource outside 0 ..< ``TaskGraph/maximumResourceCount``.
  case invalidResource(task: Int, Int)
  /// A priority that is NaN.
  case invalidPriority(task: Int, Double)
  /// As many values are needed as there are tasks.
  case countMismatch(expected: Int, given: Int)
  /// More tasks or dependencies than 32-bit indices can name.
  case tooLarge(tasks: Int, dependencies: Int)

  /// One line for people.
  public var description: String {
    switch self {
    case .cycle(let tasks):
      let closed = (tasks + tasks.prefix(1)).map(String.init).joined(separator: " → ")
      return "the dependencies form a cycle: \(closed)"
    case .unknownTask(let task, let count):
      return "a dependency names task \(task); "
        + (count == 0 ? "there are no tasks" : "the tasks are 0 to \(count - 1)")
    case .invalidDuration(let task, let value):
      return "the duration of task \(task) is \(value); a finite number of seconds, 0 or more, is expected"
    case .totalDurationOverflows:
      return "the sum of the durations is beyond the largest number; shorter durations are expected"
    case .invalidResource(let task, let resource):
      return
        "the resource of task \(task) is \(resource); 0 to \(TaskGraph.maximumResourceCount - 1) is expected"
    case .invalidPriority(let task, let value):
      return "the priority of task \(task) is \(value); a number is expected"
    case .countMismatch(let expected, let given):
      return "\(given) values for \(expected) tasks; one a task is expected"
    case .tooLarge(let tasks, let dependencies):
      return "\(tasks) tasks and \(dependencies) dependencies are too many; at most \(Int32.max) of each is expected"
    }
  }
}
