/// What makes a measurement on this host say less, or something else, than one might think.
public enum HostWarning: Hashable, Sendable {
  /// The topology is that of a machine which a variable describes, not this one's.
  case otherMachine(variable: String, value: String)
  /// A variable that changes what hwloc finds was inherited, and is not obeyed.
  case topologySetAside(variable: String, value: String)
  /// Cores of several kinds; the hardware threads of the fastest, empty where the system does not rank them.
  case mixedCores(kinds: Int, fastest: [Int])
  /// A variable that was inherited names OpenBLAS's kernel; `kernel` is what runs.
  case inheritedKernel(variable: String, value: String, kernel: String)
  /// A variable that was inherited names a number of threads; `threads` is what OpenBLAS runs.
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
