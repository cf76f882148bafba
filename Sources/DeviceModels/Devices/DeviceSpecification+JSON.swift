public import DataFiles
internal import GEMMTiming

extension DeviceSpecification {
  /// What the first key of a device file must say.
  static let format = "gemmcast-device-1"

  /// Reads a device file.
  ///
  /// Every number stands as `{"value": 3.35e12, "source": "NVIDIA H100 datasheet"}` under a key that names its unit.
  /// A key that the format does not know is refused, so that a misspelt one is not silently left out.
  ///
  /// - Throws: `FileError` with line and column for anything missing, unknown, out of range or without a source.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(JSONDocument(contentsOf: path))
  }

  /// Interprets a JSON document as a device file.
  ///
  /// - Throws: `FileError` as ``init(contentsOf:)``.
  public init(_ document: JSONDocument) throws(FileError) {
    let root = document.root
    let formatValue = try root.required("format")
    guard try formatValue.string() == Self.format else {
      throw formatValue.error("format is \(try formatValue.string())", remedy: "\"\(Self.format)\" is expected")
    }
    try root.allow([
      "format", "name", "title", "family", "peak_flops_per_s", "memory", "sustained", "last_level_cache",
      "multiprocessors", "kernels", "links",
    ])
    let nameValue = try root.required("name")
    name = try nameValue.nonEmptyString()
    if let problem = DeviceNames.problem(with: name) { throw nameValue.error(problem, remedy: DeviceNames.remedy) }
    title = try root.required("title").nonEmptyString()
    family = try root.required("family").nonEmptyString()

    peaks = try Self.peaks(root.required("peak_flops_per_s"))

    let memory = try root.required("memory")
    try memory.allow(["bandwidth_bytes_per_s", "capacity_bytes", "translation_reach_bytes"])
    memoryBandwidth = try memory.figure("bandwidth_bytes_per_s")
    memoryCapacity = try memory.figure("capacity_bytes")
    translationReach = try memory["translation_reach_bytes"]?.figure(in: PlausibleRange.of("capacity_bytes"))

    let sustained = root["sustained"]
    try sustained?.allow(["matmul_fraction", "vector_fraction", "memory_fraction"])
    // GeForce cards run above the clock that their specification names.
    sustainedMatmulFraction = try sustained?["matmul_fraction"]?.fraction(upTo: GEMMParameters.maximumComputeFraction)
    sustainedVectorFraction = try sustained?["vector_fraction"]?.fraction()
    sustainedMemoryFraction = try sustained?["memory_fraction"]?.fraction()

    let cache = try root.required("last_level_cache")
    try cache.allow(["capacity_bytes", "bandwidth_bytes_per_s", "partitions"])
    cachePartitions = try cache["partitions"]?.figure(wholeUpTo: 1000)
    cacheCapacity = try cache.figure("capacity_bytes")
    cacheBandwidth = try cache["bandwidth_bytes_per_s"]?.figure(in: PlausibleRange.of("bandwidth_bytes_per_s"))

    let processors = try root.required("multiprocessors")
    try processors.allow(["count", "clock_hz"])
    multiprocessors = try processors.required("count").figure(wholeUpTo: 1_000_000)
    clock = try processors.figure("clock_hz")

    let kernels = try root.required("kernels")
    try kernels.allow(["launch_s", "gemm_tiles", "gemm_fits", "memory_fits", "attention_fits"])
    launch = try kernels.figure("launch_s")
    tiles = try Self.tiles(kernels.required("gemm_tiles"))
    gemmFits = try kernels["gemm_fits"].map(Self.fits) ?? []
    memoryFits = try kernels["memory_fits"]?.mapped(MemoryFit.init) ?? []
    attentionFits = try kernels["attention_fits"]?.mapped(AttentionFit.init) ?? []

    let links = try root.required("links")
    try links.allow([
      "gpus_per_node", "intra_node", "inter_node", "rail_nodes", "spine_oversubscription", "collective_fits",
    ])
    gpusPerNode = try links.required("gpus_per_node").figure(wholeUpTo: 1_000_000)
    intraNode = try InterconnectLink(links.required("intra_node"))
    interNode = try InterconnectLink(links.required("inter_node"))
    fabric = try NetworkFabric(links: links)
    collectiveFits = try links["collective_fits"]?.mapped(CollectiveFit.init) ?? []
  }

  private static func peaks(_ value: JSONValue) throws(FileError) -> [DataType: Figure] {
    try value.allow(DataType.allCases.map(\.rawValue))
    var peaks: [DataType: Figure] = [:]
    for dtype in DataType.allCases { peaks[dtype] = try value[dtype.rawValue]?.figure(in: PlausibleRange.peak) }
    guard !peaks.isEmpty else { throw value.error("no peak is given", remedy: "give one of \(DataType.list)") }
    return peaks
  }

  private static func tiles(_ value: JSONValue) throws(FileError) -> [TileFamily] {
    var families: [TileFamily] = []
    for entry in try value.array() {
      try entry.allow(["dtypes", "shapes", "depth", "source"])
      let dtypes = try entry.required("dtypes").dtypes()
      var shapes: [TileFamily.Shape] = []
      let list = try entry.required("shapes")
      for item in try list.array() {
        let extents = try item.array()
        guard extents.count == 2 else { throw item.error("a tile has two extents", remedy: "[m, n] is expected") }
        shapes.append(.init(m: try extents[0].extent(), n: try extents[1].extent()))
      }
      guard !shapes.isEmpty else { throw list.error("no tile is given", remedy: "[[m, n], …] is expected") }
      families.append(
        TileFamily(
          dtypes: dtypes, shapes: shapes, depth: try entry.required("depth").extent(),
          source: try entry.required("source").nonEmptyString()))
    }
    return families
  }

  private static func fits(_ value: JSONValue) throws(FileError) -> [GEMMFit] {
    var fits: [GEMMFit] = []
    for entry in try value.array() {
      try entry.allow(["dtypes", "source", "rows_of", "spread", "remainder", "remainder_of"] + GEMMParameters.allKeys)
      let dtypes = try entry.required("dtypes").dtypes()
      fits.append(
        GEMMFit(
          dtypes: dtypes, parameters: try GEMMParameters(entry),
          spread: try GEMMSpread(entry.required("spread")), source: try entry.required("source").nonEmptyString(),
          remainder: try remainder(entry, dtypes), rowsOf: try entry["rows_of"]?.nonEmptyString()))
    }
    return fits
  }

  /// What a fit's parameters leave: its own surface, or that of another device that comes with gemmcast.
  private static func remainder(_ fit: JSONValue, _ dtypes: [DataType]) throws(FileError) -> RemainderSurface? {
    if let own = fit["remainder"] { return try RemainderSurface(own) }
    guard let name = fit["remainder_of"] else { return nil }
    let text = try name.nonEmptyString()
    guard builtInNames.contains(text) else {
      throw name.error("there is no device \(text)", remedy: "one of \(builtInNames.joined(separator: ", "))")
    }
    guard let dtype = dtypes.first, let remainder = try builtIn(named: text).gemmFit(for: dtype)?.remainder else {
      throw name.error("\(text) has no remainder of these element types", remedy: "leave it out")
    }
    return remainder
  }
}

extension GEMMSpread {
  init(_ value: JSONValue) throws(FileError) {
    try value.allow(["latency", "memory", "compute", "unaligned"])
    latency = try Range(value.required("latency"))
    memory = try Range(value.required("memory"))
    compute = try Range(value.required("compute"))
    unaligned = try value["unaligned"].map { (entry) throws(FileError) in try Range(entry) } ?? Self.unmeasuredUnaligned
  }
}

extension NetworkFabric {
  /// What a device file says of the network; nil where it says nothing.
  fileprivate init?(links: JSONValue) throws(FileError) {
    switch (links["rail_nodes"], links["spine_oversubscription"]) {
    case (nil, nil): return nil
    case (let rails?, let spine?):
      self.init(
        railNodes: try rails.figure(wholeUpTo: 1_000_000),
        spineOversubscription: try spine.figure(in: Self.oversubscriptions))
    case (let rails?, nil): throw rails.error("rail_nodes stands alone", remedy: "give spine_oversubscription with it")
    case (nil, let spine?): throw spine.error("spine_oversubscription stands alone", remedy: "give rail_nodes with it")
    }
  }
}

extension InterconnectLink {
  fileprivate init(_ value: JSONValue) throws(FileError) {
    try value.allow(["bandwidth_bytes_per_s", "latency_s", "efficiency"])
    bandwidth = try value.figure("bandwidth_bytes_per_s")
    latency = try value.figure("latency_s")
    efficiency = try value.required("efficiency").fraction()
  }
}
