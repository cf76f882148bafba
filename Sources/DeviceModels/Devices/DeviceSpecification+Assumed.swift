public import GEMMTiming

extension DeviceSpecification {
  /// What of the device nobody published or measured, in words: reports say so beside what rests on it.
  public var assumedFigures: [String] {
    var named: [(String, Figure?)] = [
      ("memory bandwidth", memoryBandwidth), ("memory capacity", memoryCapacity),
      ("reach of address translation", translationReach), ("cache size", cacheCapacity),
      ("cache bandwidth", cacheBandwidth), ("multiprocessors", multiprocessors), ("clock", clock),
      ("launch cost", launch),
      ("GPUs per node", gpusPerNode),
      ("nodes on a set of leaf switches", fabric?.railNodes),
      ("oversubscription of the spine", fabric?.spineOversubscription),
    ]
    for (place, link) in [("in a node", intraNode), ("between nodes", interNode)] {
      named += [
        ("link bandwidth \(place)", link.bandwidth), ("link latency \(place)", link.latency),
        ("link efficiency \(place)", link.efficiency),
      ]
    }
    return named.filter { $0.1?.isAssumed == true }.map(\.0)
  }

  /// What each kind of operation's times rest on, one sentence a kind: the rows that parameters of the device file were
  /// fitted to, or that there are none.
  public func foundations(for dtype: DataType) -> [String] {
    let gemm =
      gemmFit(for: dtype)?.source
      ?? "no row of this device: its specification and what other devices' kernels have in common, "
      + CommonGEMMs.shipped.parameters(kernels(for: dtype)).source
    let others: [(String, [String])] = [
      ("passes over memory", memoryFits.prefix(1).map(\.source)),
      ("fused attention", attentionFits.prefix(1).map(\.source)),
      ("exchanges between GPUs", collectiveFits.prefix(1).map(\.source)),
    ]
    return ["\(dtype.rawValue) GEMMs: \(gemm)."]
      + others.map { kind, sources in
        var seen: Set<String> = []
        let distinct = sources.filter { seen.insert($0).inserted }
        return "\(kind.prefix(1).uppercased())\(kind.dropFirst()): "
          + (distinct.isEmpty ? "the specification and the host's fit" : distinct.joined(separator: "; ")) + "."
      }
  }
}
