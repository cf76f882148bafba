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

    // sgemm as `calibrate` times it, against the bare C loop.
    suite("SGEMMCallOverhead", ["HostCalibration", "GEMMTiming"], ["CSGEMMLoop"]),
    // Building, solving and scheduling graphs of a million tasks.
    suite("GraphSolving", ["TaskGraphs", "SeededRandom"]),
    // Building and solving whole training steps.
    suite("StepSolving", ["TransformerModels", "ModelFiles", "HostModels", "DeviceModels", "GEMMTiming"]),
    // Predictions a second.
    suite("GetTime", ["HostModels", "DeviceModels", "GEMMTiming", "HostCalibration"]),

    // MARK: - What they compare with

    // A plain C loop around cblas_sgemm.
    .target(name: "CSGEMMLoop", dependencies: [.product(name: "COpenBLAS", package: "gemmcast")]),
    // The same loop as a program: `sgemm-loop M K N` prints the median time, to hold `gemmcast time` against.
    .executableTarget(name: "sgemm-loop", dependencies: ["CSGEMMLoop"]),
  ]
)

/// A suite in the folder of its name, on products of gemmcast and targets of this package.
func suite(_ name: String, _ products: [String], _ targets: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name,
    dependencies: targets + products.map { .product(name: $0, package: "gemmcast") }
      + [.product(name: "Benchmark", package: "benchmark")],
    path: "Benchmarks/\(name)",
    plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}
