internal import Foundation

/// The environment that this process was started with.
enum InheritedEnvironment {
  /// All variables, as they were before the first topology was loaded.
  ///
  /// hwloc obeys its variables whatever it is asked for. So they are taken out of the process's environment once, before hwloc
  /// first looks, and no measurement, forecast or child process depends on them. They are taken out for good: to put them
  /// back would move the environment under the eyes of other threads.
  static let variables: [String: String] = {
    let all = ProcessInfo.processInfo.environment
    for name in all.keys where TopologyVariable.isOne(name) { unsetenv(name) }
    return all
  }()
}
