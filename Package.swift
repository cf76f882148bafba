// swift-tools-version: 6.1
import PackageDescription

// The manifest reads as the architecture: targets stand in layers, and a target depends only on layers below its own.
// `swift build` needs the headers of hwloc and zlib (scripts/install-deps). OpenBLAS and hwloc themselves are loaded when
// something is measured, so that all else runs without them.

let package = Package(
  name: "gemmcast",
  products: [
    .executable(name: "gemmcast", targets: ["gemmcast"]),
    .library(name: "DataFiles", targets: ["DataFiles"]),
    .library(name: "GEMMTiming", targets: ["GEMMTiming"]),
    .library(name: "TaskGraphs", targets: ["TaskGraphs"]),
    .library(name: "ForeignTables", targets: ["ForeignTables"]),
    .library(name: "HostCalibration", targets: ["HostCalibration"]),
    .library(name: "HostModels", targets: ["HostModels"]),
    .library(name: "DeviceModels", targets: ["DeviceModels"]),
    .library(name: "TransformerModels", targets: ["TransformerModels"]),
    .library(name: "ModelFiles", targets: ["ModelFiles"]),
    .library(name: "LayerReplay", targets: ["LayerReplay"]),
    .library(name: "Reporting", targets: ["Reporting"]),
    .library(name: "SeededRandom", targets: ["SeededRandom"]),
    // For Benchmarks, which compare with plain C on the same library.
    .library(name: "COpenBLAS", targets: ["COpenBLAS"]),
  ],
  dependencies: [
    // Commands, options, help and sysexits codes for usage errors.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // Heap: the list scheduler's ready queues.
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    // RFC 4180 reading; DataFiles adds positions and the checks that it leaves out.
    .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    // Aligned text tables and Markdown tables from the same rows.
    .package(url: "https://github.com/ordo-one/TextTable", from: "0.0.2"),
  ],
  targets: [
    // MARK: - Layer 4: the command

    .executableTarget(
      name: "gemmcast",
      dependencies: [
        "CalibrationData", "DataFiles", "LinearSolvers", "GEMMTiming", "TaskGraphs", "HostCalibration",
        "HostModels", "DeviceModels", "ModelStatistics", "TransformerModels", "ModelFiles", "ForeignTables",
        "LayerReplay", "Reporting", "SeededRandom",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // MARK: - Layer 3: values into text

    .target(
      name: "Reporting",
      dependencies: [
        "DataFiles", "GEMMTiming", "TaskGraphs", "HostModels", "DeviceModels", "ModelStatistics", "TransformerModels",
        "ModelFiles",
        .product(name: "TextTable", package: "TextTable"),
      ]),

    // MARK: - Layer 2: files of models and of measured steps, read into TransformerModels' words

    .target(
      name: "ModelFiles", dependencies: ["CalibrationData", "DataFiles", "GEMMTiming", "TransformerModels"]),

    // MARK: - Layer 2: a model's layers, run on this host

    .target(
      name: "LayerReplay",
      dependencies: ["DataFiles", "SeededRandom", "GEMMTiming", "HostCalibration", "TransformerModels"]),

    // MARK: - Layer 1: measuring, predicting, modelling; these never import each other

    .target(
      name: "HostCalibration",
      dependencies: ["DataFiles", "LinearSolvers", "SeededRandom", "GEMMTiming", "CHwloc"]),
    .target(
      name: "HostModels",
      dependencies: ["DataFiles", "LinearSolvers", "ModelStatistics", "SeededRandom", "GEMMTiming"]),
    .target(
      name: "DeviceModels",
      dependencies: [
        "CalibrationData", "DataFiles", "LinearSolvers", "ModelStatistics", "SeededRandom", "GEMMTiming",
      ]),
    .target(
      name: "TransformerModels",
      dependencies: ["DataFiles", "ModelStatistics", "SeededRandom", "GEMMTiming", "TaskGraphs"]),
    // Other tools' formats, which no other target knows.
    .target(name: "ForeignTables", dependencies: ["DataFiles", "GEMMTiming"]),

    // MARK: - Layer 0: words that the layers share

    .target(name: "GEMMTiming", dependencies: ["DataFiles"]),
    .target(name: "TaskGraphs", dependencies: [.product(name: "HeapModule", package: "swift-collections")]),
    .target(name: "LinearSolvers"),
    // Errors, quantiles, samples and kernels: what models of hosts and of devices share.
    .target(name: "ModelStatistics", dependencies: ["SeededRandom"]),
    .target(name: "SeededRandom"),
    .target(
      name: "DataFiles",
      dependencies: ["CZlib", .product(name: "SwiftCSV", package: "SwiftCSV")]),
    // The top-level folder of data files is a target, so that its files are resources of the build and stand once.
    .target(
      name: "CalibrationData", path: "calibration",
      exclude: ["README.md"],
      resources: [.copy("devices"), .copy("hosts"), .copy("models"), .copy("published")]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Without pkgConfig, which would link it: HostCalibration loads it.
    .systemLibrary(name: "CHwloc", providers: [.apt(["libhwloc-dev"])]),

    // MARK: - Tests: X.swift is tested by XTests.swift

    // What several suites need: a time model that is a plain roofline, threads in the place of ranks.
    .target(name: "TestSupport", dependencies: ["GEMMTiming"], path: "Tests/TestSupport"),

    .testTarget(name: "DataFilesTests", dependencies: ["DataFiles", "SeededRandom"]),
    .testTarget(name: "LinearSolversTests", dependencies: ["LinearSolvers", "SeededRandom"]),
    .testTarget(name: "SeededRandomTests", dependencies: ["SeededRandom"]),
    .testTarget(name: "GEMMTimingTests", dependencies: ["GEMMTiming", "DataFiles", "SeededRandom"]),
    .testTarget(name: "TaskGraphsTests", dependencies: ["TaskGraphs", "SeededRandom"]),
    .testTarget(
      name: "HostCalibrationTests",
      dependencies: ["HostCalibration", "GEMMTiming", "LinearSolvers", "DataFiles", "SeededRandom", "TestSupport"]),
    .testTarget(name: "ModelStatisticsTests", dependencies: ["ModelStatistics", "SeededRandom"]),
    .testTarget(
      name: "HostModelsTests",
      dependencies: [
        "HostModels", "DeviceModels", "ModelStatistics", "GEMMTiming", "LinearSolvers", "DataFiles", "CalibrationData",
        "SeededRandom",
      ]),
    .testTarget(
      name: "DeviceModelsTests",
      dependencies: [
        "DeviceModels", "ModelStatistics", "GEMMTiming", "LinearSolvers", "DataFiles", "CalibrationData",
        "SeededRandom",
      ]),
    .testTarget(
      name: "TransformerModelsTests",
      dependencies: [
        "TransformerModels", "ModelFiles", "GEMMTiming", "TaskGraphs", "DataFiles", "SeededRandom", "TestSupport",
      ]),
    .testTarget(
      name: "ModelFilesTests",
      dependencies: ["ModelFiles", "TransformerModels", "GEMMTiming", "DataFiles", "TestSupport"]),
    .testTarget(
      name: "ForeignTablesTests",
      dependencies: ["ForeignTables", "DeviceModels", "GEMMTiming", "DataFiles", "SeededRandom"]),
    .testTarget(
      name: "ReportingTests",
      dependencies: [
        "Reporting", "TransformerModels", "DeviceModels", "GEMMTiming", "TaskGraphs", "DataFiles", "TestSupport",
      ]),
    .testTarget(
      name: "LayerReplayTests",
      dependencies: ["LayerReplay", "HostCalibration", "TransformerModels", "ModelFiles", "GEMMTiming", "TestSupport"]),
    .testTarget(
      name: "gemmcastTests",
      dependencies: [
        "gemmcast", "GEMMTiming", "DataFiles", "DeviceModels", "TransformerModels", "ModelFiles", "SeededRandom",
        "TestSupport",
      ]),
  ]
)

// Every target is held to the same language rules.
for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
}
