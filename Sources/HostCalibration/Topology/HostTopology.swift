/// What the machine is made of and how much of it this process may use.
public struct HostTopology: Hashable, Sendable {
  /// One core with its hardware threads.
  public struct Core: Hashable, Sendable {
    /// Which package (socket) it sits on, from 0.
    public let package: Int
    /// The NUMA node it is local to, from 0.
    public let numaNode: Int
    /// The operating system's numbers of its hardware threads (PUs), ascending.
    public let processingUnits: [Int]
  }

  /// Cores that are alike, beside others that are not.
  public struct CoreKind: Hashable, Sendable {
    /// The place in the order of performance, 0 the slowest; nil where the system does not tell which are faster.
    public let rank: Int?
    /// What the system says of them: `CoreType=IntelAtom`, `FrequencyMaxMHz=3800`.
    public let labels: [String]
    /// Their hardware threads.
    public let processingUnits: [Int]
  }

  /// All the caches of one level and kind.
  public struct Cache: Hashable, Sendable {
    /// What a cache holds.
    public enum Kind: String, Sendable, CaseIterable {
      case data, instruction, unified
    }
    /// The level: 1 is the nearest to the core.
    public let level: Int
    /// What it holds.
    public let kind: Kind
    /// Bytes of one of them.
    public let size: Int
    /// How many there are.
    public let count: Int
    /// How many hardware threads share one.
    public let sharedBy: Int
  }

  /// One NUMA node.
  public struct NUMANode: Hashable, Sendable {
    /// The operating system's number.
    public let index: Int
    /// Bytes as the topology reports them (can be less than what is there: hot-plugged memory).
    public let memory: Int
    /// The hardware threads near it.
    public let processingUnits: [Int]
  }

  /// Which machine it is, by what decides its speed.
  public var identity: HostIdentity
  /// The CPU's model name, as the system spells it.
  public var cpuName: String
  /// The architecture's name: `x86_64` or `aarch64`.
  public var architecture: String
  /// The instruction-set extensions that matter to OpenBLAS, as /proc/cpuinfo spells them.
  public var features: [String]
  /// Whether the CPU says that it is virtual.
  public var isVirtual: Bool
  /// How many packages (sockets) there are.
  public var packages: Int
  /// The cores that this process may use (its cpuset): the fastest kind first, each in hwloc's order, in which neighbours share caches.
  public var cores: [Core]
  /// The kinds of cores, the fastest first; empty where all are alike.
  public var coreKinds: [CoreKind]
  /// How many cores the machine has, allowed or not.
  public var machineCores: Int
  /// How many hardware threads the machine has, allowed or not.
  public var machineProcessingUnits: Int
  /// Level by level, the nearest first.
  public var caches: [Cache]
  /// The NUMA nodes with memory.
  public var numaNodes: [NUMANode]
  /// The control group's CPU quota in CPUs (cpu.max; 1.5 means one and a half); nil without one.
  public var cpuQuota: Double?
  /// The control group's memory limit in bytes; nil without one.
  public var memoryLimit: Int?
  /// MemTotal of /proc/meminfo in bytes; nil where the system does not say.
  public var memoryTotal: Int?
  /// MemAvailable of /proc/meminfo in bytes; nil where the system does not say.
  public var memoryAvailable: Int?
  /// The OpenBLAS in this process.
  public var openBLAS: OpenBLASBuild
  /// The environment variables in force that steer OpenBLAS, by name.
  public var steeringEnvironment: [String: String]
  /// The environment variables that would have hwloc find something else, by name.
  public var topologyEnvironment: [String: String]
  /// What describes the machine, where that is not this one itself.
  public var description: MachineDescription?

  /// The hardware threads that this process may use, ascending.
  public var allowedProcessingUnits: [Int] { cores.flatMap(\.processingUnits).sorted() }

  /// Bytes of the last-level cache that one core sees; nil when the system reports no data cache.
  public var lastLevelCache: Cache? { caches.last { $0.kind != .instruction } }

  /// What operands may take without swapping or being killed: the least of memory available and the group's limit.
  public var usableMemory: Int? { [memoryAvailable, memoryLimit].compactMap(\.self).min() }

  /// The `device` of this host's timing tables: the CPU's name in lower case with `-` between words, without marks,
  /// clock speed and filler: `AMD EPYC 7R13 48-Core Processor` gives `amd-epyc-7r13`.
  public var deviceName: String { Self.deviceName(cpuName: cpuName) }
}

/// The OpenBLAS that a process runs with.
public struct OpenBLASBuild: Hashable, Sendable {
  /// `0.3.21`.
  public var version: String
  /// The build's own description: `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …`.
  public var configuration: String
  /// The kernel in use, as in `Haswell` or `Zen`.
  public var kernel: String
  /// Threads that a call may use now.
  public var threads: Int
  /// How it runs threads.
  public var threading: Threading

  /// Describes a build.
  public init(version: String, configuration: String, kernel: String, threads: Int, threading: Threading) {
    self.version = version
    self.configuration = configuration
    self.kernel = kernel
    self.threads = threads
    self.threading = threading
  }

  /// The ways to run threads that OpenBLAS can be built for.
  public enum Threading: String, Sendable, CaseIterable {
    case sequential, pthread, openmp
  }
}
