// swift-tools-version: 6.1
import PackageDescription

// Speed lives here, apart from the tests: suites print ratios of paired measurements from one run.

let package = Package(
  name: "gemmcast-benchmarks",
  dependencies: [
    .package(name: "gemmcast", path: ".."),
    // Warm-up, iterations, percentiles and their report; without its traits, which need allocators that are not everywhere.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    // MARK: - Suites, one folder each

    .executableTarget(
      name: "SGEMMCallOverhead",
      dependencies: [
        "CSGEMMLoop",
        .product(name: "HostCalibration", package: "gemmcast"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/SGEMMCallOverhead",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),

    // MARK: - What they compare with

    // A plain C loop around cblas_sgemm.
    .target(name: "CSGEMMLoop", dependencies: [.product(name: "COpenBLAS", package: "gemmcast")]),
    // The same loop as a program: `sgemm-loop M K N` prints the median time, to hold `gemmcast time` against.
    .executableTarget(name: "sgemm-loop", dependencies: ["CSGEMMLoop"]),
  ]
)
