extension OpenBLASBuild {
  /// Library, version and how it runs threads, as the `library` of a table's rows: `OpenBLAS 0.3.21 pthread`.
  ///
  /// Builds of one version that run threads otherwise take other times.
  public var name: String { "OpenBLAS \(version) \(threading.rawValue)" }

  /// The most threads that the build runs: 1 without threads, else the `MAX_THREADS` of its configuration; nil where that is not said.
  public var maximumThreads: Int? {
    let words = configuration.split(separator: " ")
    if threading == .sequential || words.contains("SINGLE_THREADED") { return 1 }
    return words.last { $0.hasPrefix("MAX_THREADS=") }.flatMap { Int($0.dropFirst("MAX_THREADS=".count)) }
  }

  /// m·k·n up to which a product is assumed to stay on the calling thread, where that was not measured.
  var assumedLoneVolume: Double {
    if ["skylakex", "cooperlake", "sapphirerapids"].contains(kernel.lowercased()) { return LoneVolume.wide }
    let numbers = version.split(separator: ".").prefix(3).compactMap { Int($0) }
    return numbers.lexicographicallyPrecedes([0, 3, 27]) ? LoneVolume.usual : LoneVolume.halved
  }
}

/// The m·k·n up to which OpenBLAS is known to compute a product on the calling thread.
enum LoneVolume {
  /// Before 0.3.27 (`interface/gemm.c`).
  static let usual = 262_144.0
  /// From 0.3.27 on, where two threads are to get as much each (`interface/gemm.c`).
  static let halved = 524_288.0
  /// AVX-512 kernels, which take small products another way (`kernel/x86_64/sgemm_small_kernel_permit_skylakex.c`).
  static let wide = 1e6
}
