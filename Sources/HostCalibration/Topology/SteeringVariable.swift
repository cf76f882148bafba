internal import Foundation

/// The environment variables that change what OpenBLAS does.
enum SteeringVariable {
  /// Decides the kernel.
  static let kernel = "OPENBLAS_CORETYPE"

  /// Those that decide the number of threads, in the order in which OpenBLAS asks them.
  static let threads = ["OPENBLAS_NUM_THREADS", "OPENBLAS_DEFAULT_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"]

  /// Whether a variable steers OpenBLAS or the OpenMP below it.
  static func isOne(_ name: String) -> Bool {
    ["OPENBLAS_", "GOTO_", "GOTOBLAS_", "OMP_", "GOMP_", "KMP_"].contains { name.hasPrefix($0) }
  }

  /// An environment for a measuring process: nothing inherited that steers, one kernel and one number of threads.
  ///
  /// - Parameters:
  ///   - environment: what would be inherited.
  ///   - coreType: the kernel; nil leaves the choice to OpenBLAS.
  ///   - count: the number of threads.
  /// - Returns: the variables for the process.
  static func clean(_ environment: [String: String], coreType: String?, threads count: Int) -> [String: String] {
    var result = ownMachine(environment).filter { !isOne($0.key) }
    if let coreType { result[kernel] = coreType }
    return result.merging(threads(count)) { $1 }
  }

  /// The environment of a measuring process: as this one's, or without what steers OpenBLAS.
  ///
  /// - Parameters:
  ///   - coreType: the kernel to ask for; nil leaves the choice to OpenBLAS.
  ///   - count: the number of threads.
  ///   - inheritsSteering: whether the variables in force stay, threads excepted.
  /// - Returns: the variables for the process.
  static func environment(coreType: String?, threads count: Int, inheritsSteering: Bool) -> [String: String] {
    let inherited = ownMachine(ProcessInfo.processInfo.environment)
    return HeapVariable.adding(
      to: inheritsSteering
        ? inherited.merging(threads(count)) { $1 } : clean(inherited, coreType: coreType, threads: count))
  }

  /// An environment in which hwloc finds the machine itself.
  static func ownMachine(_ environment: [String: String]) -> [String: String] {
    environment.filter { !TopologyVariable.isOne($0.key) }
  }

  /// The variables that set the number of threads, for builds with their own threads and for those on OpenMP.
  static func threads(_ count: Int) -> [String: String] {
    ["OPENBLAS_NUM_THREADS": String(count), "OMP_NUM_THREADS": String(count)]
  }
}
