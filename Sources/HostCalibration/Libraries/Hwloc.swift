internal import CHwloc

/// hwloc's C functions, one Swift function a call; C types stay in this file.
///
/// Owns a loaded topology, which hwloc allows any number of threads to read at once.
final class Hwloc: @unchecked Sendable {
  /// A cache, core or NUMA node as hwloc describes it.
  struct Object {
    /// hwloc's number in its own order, in which neighbours share caches.
    let logicalIndex: Int
    /// The operating system's number.
    let osIndex: Int
    /// The hardware threads below it.
    let processingUnits: [Int]
  }

  private let topology: hwloc_topology_t

  /// The version of the hwloc that this was built with.
  static let version = HWLOC_VERSION

  /// Loads the topology of this machine, or of one that is described.
  ///
  /// What the environment says to hwloc is set aside (``InheritedEnvironment``).
  init(_ description: MachineDescription? = nil) throws(CalibrationError) {
    _ = InheritedEnvironment.variables
    guard HwlocFunctions.areLoaded else { throw .unavailable(HwlocFunctions.advice) }
    var handle: hwloc_topology_t?
    guard hwloc_topology_init(&handle) == 0, let handle else { throw .topology("hwloc cannot be initialised") }
    topology = handle
    switch description {
    case nil: hwloc_topology_set_flags(handle, UInt(HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED.rawValue))
    case .synthetic(let text):
      guard hwloc_topology_set_synthetic(handle, text) == 0 else {
        throw .topology("hwloc does not understand \"\(text)\"")
      }
    case .file(let path):
      guard hwloc_topology_set_xml(handle, path) == 0 else {
        throw .topology("hwloc \(Self.version) cannot read the file")
      }
    }
    guard hwloc_topology_load(handle) == 0 else {
      throw .topology(description == nil ? "hwloc cannot load it" : "hwloc \(Self.version) cannot load it")
    }
  }

  deinit { hwloc_topology_destroy(topology) }

  /// The packages (sockets), which a topology may lack.
  func packages() -> [Object] { objects(HWLOC_OBJ_PACKAGE).map(describe) }

  /// The cores.
  func cores() -> [Object] { objects(HWLOC_OBJ_CORE).map(describe) }

  /// The hardware threads.
  func processingUnits() -> [Object] { objects(HWLOC_OBJ_PU).map(describe) }

  /// The NUMA nodes with their memory in bytes.
  func numaNodes() -> [(object: Object, memory: Int)] {
    objects(HWLOC_OBJ_NUMANODE).map {
      (describe($0), Int(clamping: $0.pointee.attr?.pointee.numanode.local_memory ?? 0))
    }
  }

  /// The caches: data or unified ones, then instruction caches, by level.
  func caches() -> [(object: Object, level: Int, kind: HostTopology.Cache.Kind, size: Int)] {
    let types = [
      HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L2ICACHE, HWLOC_OBJ_L3CACHE,
      HWLOC_OBJ_L3ICACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE,
    ]
    return types.flatMap { type in
      objects(type).compactMap { object in
        guard let cache = object.pointee.attr?.pointee.cache else { return nil }
        let kind: HostTopology.Cache.Kind =
          cache.type == HWLOC_OBJ_CACHE_DATA
          ? .data : cache.type == HWLOC_OBJ_CACHE_INSTRUCTION ? .instruction : .unified
        return (describe(object), Int(cache.depth), kind, Int(clamping: cache.size))
      }
    }
  }

  /// The kinds of cores that hwloc tells apart, the slowest first where it ranks them; one or none where all are alike.
  func coreKinds() -> [HostTopology.CoreKind] {
    guard let set = hwloc_bitmap_alloc() else { return [] }
    defer { hwloc_bitmap_free(set) }
    return (0..<max(0, hwloc_cpukinds_get_nr(topology, 0))).compactMap { index in
      var (efficiency, count) = (Int32(-1), UInt32(0))
      var labels: UnsafeMutablePointer<hwloc_info_s>?
      guard hwloc_cpukinds_get_info(topology, UInt32(index), set, &efficiency, &count, &labels, 0) == 0 else {
        return nil
      }
      return HostTopology.CoreKind(
        rank: efficiency < 0 ? nil : Int(efficiency),
        labels: (0..<Int(count)).compactMap { place in
          guard let label = labels?[place], let name = label.name, let value = label.value else { return nil }
          return "\(String(cString: name))=\(String(cString: value))"
        },
        processingUnits: indices(set))
    }
  }

  /// The hardware threads that the system's cpuset (control group) leaves to this process.
  func allowedProcessingUnits() -> Set<Int> { Set(indices(hwloc_topology_get_allowed_cpuset(topology))) }

  /// The hardware threads that this process is bound to; all of them where it is not bound or the system cannot say.
  func boundProcessingUnits() -> Set<Int>? {
    guard let set = hwloc_bitmap_alloc() else { return nil }
    defer { hwloc_bitmap_free(set) }
    guard hwloc_get_cpubind(topology, set, Int32(HWLOC_CPUBIND_PROCESS.rawValue)) == 0 else { return nil }
    return Set(indices(set))
  }

  /// Binds the calling thread to one hardware thread; false when the system refuses.
  func bindCallingThread(to processingUnit: Int) -> Bool {
    withSet(processingUnit) { hwloc_set_cpubind(topology, $0, Int32(HWLOC_CPUBIND_THREAD.rawValue)) == 0 }
  }

  /// Binds a thread, named by its task id, to one hardware thread; false when the system refuses.
  func bind(task: Int, to processingUnit: Int) -> Bool {
    withSet(processingUnit) { hwloc_linux_set_tid_cpubind(topology, pid_t(clamping: task), $0) == 0 }
  }

  /// The hardware threads that the system lets a thread run on, named by its task id; nil where it does not say.
  func processingUnits(ofTask task: Int) -> Set<Int>? {
    guard let set = hwloc_bitmap_alloc() else { return nil }
    defer { hwloc_bitmap_free(set) }
    guard hwloc_linux_get_tid_cpubind(topology, pid_t(clamping: task), set) == 0 else { return nil }
    return Set(indices(set))
  }

  private func withSet(_ processingUnit: Int, _ body: (hwloc_bitmap_t) -> Bool) -> Bool {
    guard let index = UInt32(exactly: processingUnit), let set = hwloc_bitmap_alloc() else { return false }
    defer { hwloc_bitmap_free(set) }
    return hwloc_bitmap_only(set, index) == 0 && body(set)
  }

  private func objects(_ type: hwloc_obj_type_t) -> [hwloc_obj_t] {
    let count = max(0, hwloc_get_nbobjs_by_type(topology, type))
    return (0..<count).compactMap { hwloc_get_obj_by_type(topology, type, UInt32($0)) }
  }

  private func describe(_ object: hwloc_obj_t) -> Object {
    Object(
      logicalIndex: Int(object.pointee.logical_index), osIndex: Int(object.pointee.os_index),
      processingUnits: indices(object.pointee.cpuset))
  }

  private func indices(_ set: hwloc_const_bitmap_t?) -> [Int] {
    guard let set else { return [] }
    var result: [Int] = []
    var index = hwloc_bitmap_first(set)
    // An infinite set has no last element.
    while index >= 0, result.count < 1 << 20 {
      result.append(Int(index))
      index = hwloc_bitmap_next(set, index)
    }
    return result
  }
}
