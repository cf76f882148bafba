/// What makes a measurement on this host say less, or something else, than one might think.
public enum HostWarning: Hashable, Sendable {
  /// A variable that was inherited decides OpenBLAS's kernel.
  case inheritedKernel(variable: String, value: String, kernel: String)
  /// A variable that was inherited decides the number of threads.
  case inheritedThreads(variable: String, value: String, threads: Int)
  /// Another inherited variable that steers OpenBLAS.
  case inheritedSetting(variable: String, value: String)
  /// OpenBLAS runs more threads than there are cores that this process may use.
  case moreThreadsThanCores(threads: Int, cores: Int)
  /// The control group grants less CPU time than the threads would use.
  case quotaBelowThreads(quota: Double, threads: Int)
  /// The kernel uses narrower vectors than the CPU has.
  case weakKernel(kernel: String, could: String, because: String)
  /// The topology's memory is less than what the system has.
  case memoryUnderreported(topology: Int, system: Int)
  /// The CPU is virtual: neighbours may take time, and cache sizes may not be what they seem.
  case virtualMachine
  /// The process may use a part of the machine's cores.
  case partOfMachine(cores: Int, of: Int)
}
