extension DeviceSpecification {
  /// What of the device nobody published or measured, in words: reports say so beside what rests on it.
  public var assumedFigures: [String] {
    var named: [(String, Figure?)] = [
      ("memory bandwidth", memoryBandwidth), ("memory capacity", memoryCapacity), ("cache size", cacheCapacity),
      ("cache bandwidth", cacheBandwidth), ("multiprocessors", multiprocessors), ("clock", clock),
      ("launch cost", launch),
      ("GPUs per node", gpusPerNode),
    ]
    for (place, link) in [("in a node", intraNode), ("between nodes", interNode)] {
      named += [
        ("link bandwidth \(place)", link.bandwidth), ("link latency \(place)", link.latency),
        ("link efficiency \(place)", link.efficiency),
      ]
    }
    return named.filter { $0.1?.isAssumed == true }.map(\.0)
  }
}
