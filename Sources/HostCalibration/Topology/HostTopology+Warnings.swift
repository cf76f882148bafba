internal import DataFiles

extension HostTopology {
  /// What makes timings on this host say less, or something else, than one might think; most harmful first.
  public var warnings: [HostWarning] {
    var result = topologyWarnings
    if let value = steeringEnvironment[SteeringVariable.kernel] {
      result.append(.inheritedKernel(variable: SteeringVariable.kernel, value: value, kernel: openBLAS.kernel))
    }
    if let weak = weakKernel { result.append(weak) }
    for variable in SteeringVariable.threads {
      if let value = steeringEnvironment[variable] {
        result.append(.inheritedThreads(variable: variable, value: value, threads: openBLAS.threads))
      }
    }
    for (variable, value) in steeringEnvironment.sorted(by: { $0.key < $1.key })
    where variable != SteeringVariable.kernel && !SteeringVariable.threads.contains(variable) {
      result.append(.inheritedSetting(variable: variable, value: value))
    }
    if openBLAS.threads > cores.count, otherMachine == nil {
      result.append(.moreThreadsThanCores(threads: openBLAS.threads, cores: cores.count))
    }
    if let cpuQuota, cpuQuota < Double(openBLAS.threads) {
      result.append(.quotaBelowThreads(quota: cpuQuota, threads: openBLAS.threads))
    }
    if cores.count < machineCores { result.append(.partOfMachine(cores: cores.count, of: machineCores)) }
    let listed = numaNodes.reduce(0.0) { $0 + Double($1.memory) }
    // The kernel's own share of memory is in neither figure; two percent tell a gap from rounding.
    if otherMachine == nil, let memoryTotal, listed > 0, listed < 0.98 * Double(memoryTotal) {
      result.append(.memoryUnderreported(topology: Int(listed), system: memoryTotal))
    }
    if isVirtual { result.append(.virtualMachine) }
    return result
  }

  /// The variable by which the environment put another machine's topology in the place of this one's.
  private var otherMachine: (variable: String, value: String)? {
    guard description != nil, let found = TopologyVariable.description(in: topologyEnvironment) else { return nil }
    return (found.variable, found.value)
  }

  /// What is amiss with the topology itself.
  private var topologyWarnings: [HostWarning] {
    var result: [HostWarning] = []
    if let otherMachine { result.append(.otherMachine(variable: otherMachine.variable, value: otherMachine.value)) }
    for (variable, value) in topologyEnvironment.sorted(by: { $0.key < $1.key })
    where variable != otherMachine?.variable {
      result.append(.topologySetAside(variable: variable, value: value))
    }
    if coreKinds.count > 1 {
      let fastest = coreKinds.first?.rank == nil ? [] : fastestCores.flatMap(\.processingUnits).sorted()
      result.append(.mixedCores(kinds: coreKinds.count, fastest: fastest))
    }
    return result
  }

  private var weakKernel: HostWarning? {
    guard let used = CoreType.named(openBLAS.kernel, architecture: architecture) else { return nil }
    let better = CoreType.plausible(architecture: architecture, features: features)
      .filter { $0.arithmetic > used.arithmetic }
      .max { $0.arithmetic < $1.arithmetic }
    return better.map {
      .weakKernel(
        kernel: used.name, could: $0.name, because: $0.arithmetic.name(architecture: architecture))
    }
  }
}

extension HostWarning: CustomStringConvertible {
  /// One sentence for people.
  public var description: String {
    switch self {
    case .otherMachine(let variable, let value):
      "\(variable)=\(value) is set: cores, caches and memory are of the machine that it describes, not of this one; "
        + "calibrate refuses to run with it, forecasts do not look at it"
    case .topologySetAside(let variable, let value):
      "\(variable)=\(value) is set, and set aside: what is shown and measured is this machine itself"
    case .mixedCores(let kinds, let fastest):
      "the cores are of \(kinds) kinds, and all threads together mix them; "
        + (fastest.isEmpty
          ? "the system does not tell which are the fastest"
          : "one thread runs on the fastest, hardware threads \(HostTopology.ranges(fastest))")
    case .inheritedKernel(let variable, let value, let kernel):
      "\(variable)=\(value) is set; the kernel is \(kernel); calibrate --core-type auto sets it aside"
    case .inheritedThreads(let variable, let value, let threads):
      "\(variable)=\(value) is set; OpenBLAS runs \(threads) \(threads == 1 ? "thread" : "threads"); calibrate sets it aside"
    case .inheritedSetting(let variable, let value):
      "\(variable)=\(value) is set, which can steer OpenBLAS; calibrate sets it aside"
    case .moreThreadsThanCores(let threads, let cores):
      "OpenBLAS runs \(threads) threads on \(cores) \(cores == 1 ? "core" : "cores")"
    case .quotaBelowThreads(let quota, let threads):
      "the control group grants \(FixedPoint.text(quota, decimals: 2)) CPUs of time to \(threads) threads"
    case .weakKernel(let kernel, let could, let because):
      "kernel \(kernel) is weaker than this CPU, which has \(because): \(could) would run"
    case .memoryUnderreported(let topology, let system):
      "the topology lists \(Self.gibibytes(topology)) of memory, the system has \(Self.gibibytes(system))"
    case .virtualMachine:
      "the CPU is virtual: neighbours may take time from it, and cache sizes may not be what they seem"
    case .partOfMachine(let cores, let all): "this process may use \(cores) of the machine's \(all) cores"
    }
  }

  private static func gibibytes(_ bytes: Int) -> String {
    FixedPoint.text(Double(bytes) / 1_073_741_824, decimals: 1) + " GiB"
  }
}

extension HostTopology {
  /// `0-3,8`: the way Linux writes sets of CPUs.
  public static func ranges(_ numbers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = runs.last, number == last.upperBound + 1 {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
  }
}
