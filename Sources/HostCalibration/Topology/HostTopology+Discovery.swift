internal import Foundation

extension HostTopology {
  /// Looks at the machine that this process runs on, whatever variables of the environment say of it to hwloc.
  ///
  /// - Parameters:
  ///   - synthetic: a machine in hwloc's synthetic form in place of this one (`package:2 l3:1 core:4 pu:2`).
  ///   - files: where /proc and /sys are read.
  ///   - environment: where variables that steer OpenBLAS and hwloc are looked for; what this process inherited unless given.
  /// - Returns: what was found; what the system does not say is nil or empty.
  /// - Throws: ``CalibrationError/topology(_:)`` when hwloc gives nothing.
  public static func discover(
    synthetic: String? = nil, files: HostFiles = HostFiles(), environment: [String: String]? = nil
  ) throws(CalibrationError) -> HostTopology {
    try discover(synthetic.map { .synthetic($0) }, files: files, environment: environment)
  }

  /// As ``discover(synthetic:files:environment:)``, of a machine that is described in place of this one; nil for this one.
  static func discover(
    _ description: MachineDescription?, files: HostFiles = HostFiles(), environment: [String: String]? = nil
  ) throws(CalibrationError) -> HostTopology {
    let hwloc = try Hwloc(description)
    let environment = environment ?? InheritedEnvironment.variables
    let allowed = Self.allowed(hwloc, isThisSystem: description == nil)
    let packages = hwloc.packages()
    let nodes = hwloc.numaNodes()
    let allCores = hwloc.cores()
    // A machine whose cores the system does not tell apart: each hardware thread counts as one.
    let coreObjects = allCores.isEmpty ? hwloc.processingUnits() : allCores
    let cores = coreObjects.compactMap { core -> Core? in
      let units = core.processingUnits.filter(allowed.contains)
      guard let first = units.first else { return nil }
      return Core(
        package: packages.firstIndex { $0.processingUnits.contains(first) } ?? 0,
        numaNode: nodes.first { $0.object.processingUnits.contains(first) }?.object.osIndex ?? 0,
        processingUnits: units)
    }
    guard !cores.isEmpty else { throw .topology("no core may be used by this process") }
    let kinds = Self.kinds(hwloc)

    let group = ControlGroup(files: files)
    let architecture = Self.machineArchitecture()
    let flags = files.processorInformation("flags") ?? files.processorInformation("Features") ?? ""
    let allFeatures = Set(flags.split(separator: " ").map(String.init))
    return HostTopology(
      identity: HostIdentity(files: files),
      cpuName: Self.cpuName(files, architecture: architecture),
      architecture: architecture,
      features: Self.notableFeatures.filter(allFeatures.contains),
      isVirtual: allFeatures.contains("hypervisor") || files.exists("/sys/hypervisor/type"),
      packages: max(1, packages.count),
      cores: Self.fastestFirst(cores, kinds),
      coreKinds: kinds,
      machineCores: coreObjects.count,
      machineProcessingUnits: hwloc.processingUnits().count,
      caches: Self.caches(hwloc),
      numaNodes: nodes.map {
        NUMANode(index: $0.object.osIndex, memory: $0.memory, processingUnits: $0.object.processingUnits)
      },
      cpuQuota: group.cpuQuota,
      memoryLimit: group.memoryLimit,
      memoryTotal: files.memoryInformation("MemTotal"),
      memoryAvailable: files.memoryInformation("MemAvailable"),
      openBLAS: .current,
      steeringEnvironment: environment.filter { SteeringVariable.isOne($0.key) },
      topologyEnvironment: environment.filter { TopologyVariable.isOne($0.key) },
      description: description)
  }

  /// The kinds of cores, the fastest first; none where there is but one.
  private static func kinds(_ hwloc: Hwloc) -> [CoreKind] {
    let kinds = hwloc.coreKinds()
    return kinds.count > 1 ? kinds.reversed() : []
  }

  /// Cores by the rank of their kind, otherwise as they were: few threads run on the fastest.
  private static func fastestFirst(_ cores: [Core], _ kinds: [CoreKind]) -> [Core] {
    guard kinds.allSatisfy({ $0.rank != nil }) else { return cores }
    return kinds.flatMap { kind in cores.filter { $0.processingUnits.first.map(kind.processingUnits.contains) ?? false }
    }
      + cores.filter { core in !kinds.contains { $0.processingUnits.contains(core.processingUnits.first ?? -1) } }
  }

  /// The control group's cpuset and the process's own binding (taskset) both count.
  private static func allowed(_ hwloc: Hwloc, isThisSystem: Bool) -> Set<Int> {
    let allowed = hwloc.allowedProcessingUnits()
    guard isThisSystem, let bound = hwloc.boundProcessingUnits() else { return allowed }
    let both = allowed.intersection(bound)
    return both.isEmpty ? allowed : both
  }

  private static func caches(_ hwloc: Hwloc) -> [Cache] {
    struct Key: Hashable {
      var level: Int
      var kind: Cache.Kind
      var size: Int
      var sharedBy: Int
    }
    var order: [Key] = []
    var counts: [Key: Int] = [:]
    for cache in hwloc.caches() {
      let key = Key(
        level: cache.level, kind: cache.kind, size: cache.size, sharedBy: cache.object.processingUnits.count)
      if counts[key] == nil { order.append(key) }
      counts[key, default: 0] += 1
    }
    return order.map {
      Cache(level: $0.level, kind: $0.kind, size: $0.size, count: counts[$0] ?? 0, sharedBy: $0.sharedBy)
    }
  }

  private static func machineArchitecture() -> String {
    #if arch(x86_64)
    "x86_64"
    #elseif arch(arm64)
    "aarch64"
    #else
    "unknown"
    #endif
  }

  /// What sgemm's speed can depend on, in the order in which it is listed.
  private static let notableFeatures = [
    "pni", "ssse3", "sse4_1", "sse4_2", "sse4a", "3dnowext", "avx", "fma4", "fma", "avx2", "avx512f", "avx512cd",
    "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_bf16", "amx_tile", "asimd",
    "asimddp", "sve", "sve2", "bf16", "svebf16",
  ]

  /// Arm kernels list numbers instead of a name.
  private static func cpuName(_ files: HostFiles, architecture: String) -> String {
    if let name = files.processorInformation("model name") { return name }
    if let implementer = files.processorInformation("CPU implementer"),
      let part = files.processorInformation("CPU part")
    {
      return "\(architecture) implementer \(implementer) part \(part)"
    }
    return "unknown \(architecture) CPU"
  }
}

extension HostTopology {
  /// See ``deviceName``.
  static func deviceName(cpuName: String) -> String {
    var name = cpuName.lowercased()
    if let clock = name.firstIndex(of: "@") { name = String(name[..<clock]) }
    for mark in ["(r)", "(tm)", "(c)"] { name = name.split(separator: mark).joined(separator: " ") }
    let words = name.split { !$0.isASCII || !($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
    let kept = words.filter { word in
      !["cpu", "processor", "with", "genuine"].contains(word) && !word.hasSuffix("-core")
    }
    let slug = kept.joined(separator: "-").split(separator: "-").joined(separator: "-")
    return slug.isEmpty ? "unknown-cpu" : slug
  }
}

extension OpenBLASBuild {
  /// The OpenBLAS of this process; where none is installed, one of version `none`.
  public static var current: OpenBLASBuild {
    guard OpenBLAS.library != nil else {
      return OpenBLASBuild(
        version: "none", configuration: "no OpenBLAS", kernel: "none", threads: 1, threading: .sequential)
    }
    let configuration = OpenBLAS.configuration()
    let words = configuration.split(separator: " ")
    let threading: Threading =
      switch OpenBLAS.parallel() {
      case 0: .sequential
      case 2: .openmp
      default: .pthread
      }
    return OpenBLASBuild(
      version: words.first == "OpenBLAS" && words.count > 1 ? String(words[1]) : "unknown",
      configuration: configuration, kernel: OpenBLAS.coreName(), threads: OpenBLAS.threads(), threading: threading)
  }
}
