public import DeviceModels
public import GEMMTiming
public import HostModels

/// The limits of a device that a roofline picture shows: of compute and of memory.
///
/// S. Williams, A. Waterman, D. Patterson, *Roofline*, CACM 52(4), 2009.
public struct DeviceCeilings: Hashable, Sendable {
  /// One limit.
  public struct Ceiling: Hashable, Sendable {
    /// What limits: `bf16 peak`.
    public var name: String
    /// flop/s, or byte/s.
    public var rate: Double

    /// A limit in flop/s or byte/s.
    public init(_ name: String, rate: Double) {
      self.name = name
      self.rate = rate
    }
  }

  /// The device's name.
  public var device: String
  /// Limits in flop/s: first the one that none passes, then what is lower.
  public var compute: [Ceiling]
  /// Limits in byte/s: first the device's memory, then others.
  public var memory: [Ceiling]

  /// Limits by name, the main ones first.
  public init(device: String, compute: [Ceiling], memory: [Ceiling]) {
    self.device = device
    self.compute = compute
    self.memory = memory
  }

  /// What a device file says: the element type's peak, what is sustained of it, memory and last-level cache.
  public init(_ specification: DeviceSpecification, dtype: DataType) {
    var compute: [Ceiling] = []
    if let peak = specification.peaks[dtype] {
      compute.append(Ceiling("\(dtype.rawValue) peak", rate: peak.value))
      if let sustained = specification.sustainedMatmulFraction {
        compute.append(Ceiling("sustained", rate: peak.value * sustained.value))
      }
    }
    var memory = [Ceiling("memory", rate: specification.memoryBandwidth.value)]
    if let cache = specification.cacheBandwidth {
      memory.append(Ceiling("last-level cache", rate: cache.value))
    }
    self.init(device: specification.title, compute: compute, memory: memory)
  }

  /// What a host's rows show: the fastest row, what large products tend to, memory at its fastest and in the median.
  public init(_ host: FittedModel) {
    var memory: [Ceiling] = []
    if let peak = host.ceilings.peakBandwidth { memory.append(Ceiling("memory", rate: peak)) }
    if let sustained = host.ceilings.sustainedBandwidth {
      memory.append(Ceiling(memory.isEmpty ? "memory" : "memory, sustained", rate: sustained))
    }
    self.init(
      device: host.deviceName,
      compute: [
        Ceiling("fastest \(host.group.dtype.rawValue) row", rate: host.ceilings.peakFlops),
        Ceiling("sustained", rate: host.ceilings.sustainedFlops),
      ], memory: memory)
  }
}
