internal import ArgumentParser
internal import Foundation
internal import HostCalibration
internal import Reporting

/// `gemmcast topology`: what this machine is, how much of it we may use, and what OpenBLAS makes of it.
struct TopologyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topology",
    abstract: "Show cores, caches, memory, limits, OpenBLAS, and what would spoil a measurement here.",
    discussion: """
      The device name that it prints is the one that this machine has in timing tables.

        gemmcast topology
        gemmcast topology --format json
      """)

  enum Format: String, OutputFormat { case text, markdown, json }

  @OptionGroup var output: OutputOptions<Format>

  func run() throws {
    try HostLibraries.require()
    let topology = try HostTopology.described()
    switch output.format {
    case .json: try output.write(try topology.json())
    case .markdown: try output.write(topology.document.markdown())
    case .text: try output.write(topology.document.text())
    }
  }
}

extension HostTopology {
  /// The findings as a document.
  fileprivate var document: Document {
    let warnings = warnings.map { "\($0)" }
    return Document(
      title: "\(cpuName) (\(deviceName))" + (description == nil ? "" : ", beside the topology of another machine"),
      sections: [
        .init("Processor", [.table(Self.table(processorRows))]),
        .init("Caches", [caches.isEmpty ? .paragraph("The system does not report any.") : .table(cacheTable)]),
        .init("Memory", [.table(Self.table(memoryRows))]),
        .init("OpenBLAS", [.table(Self.table(libraryRows))]),
        .init("Warnings", [warnings.isEmpty ? .paragraph("None.") : .list(warnings)]),
      ])
  }

  private static func table(_ rows: [[String]]) -> DocumentTable {
    DocumentTable([.init("what"), .init("value")], rows: rows)
  }

  private var processorRows: [[String]] {
    [
      ["told by", identity.description],
      ["architecture", architecture + (isVirtual ? ", virtual" : "")],
      ["extensions", features.isEmpty ? "not reported" : features.joined(separator: " ")],
      ["packages", "\(packages)"],
      ["cores", "\(machineCores)" + (cores.count < machineCores ? ", \(cores.count) allowed" : ", all allowed")],
      ["hardware threads", "\(machineProcessingUnits), allowed: \(Self.ranges(allowedProcessingUnits))"],
      ["CPU quota", cpuQuota.map { "\(Quantity.significant($0, digits: 3)) CPUs (control group)" } ?? "none"],
    ] + kindRows + [
      [
        "threads at full speed",
        description != nil
          ? "not known: this is another machine's topology" : "\(min(usableThreads, fastestCores.count))",
      ]
    ]
  }

  /// The kinds of cores, where there are several, and what runs on them.
  private var kindRows: [[String]] {
    guard let first = coreKinds.first else { return [] }
    let isRanked = first.rank != nil
    return coreKinds.enumerated().map { index, kind in
      let speed = !isRanked ? "" : index == 0 ? ", the fastest" : index == coreKinds.count - 1 ? ", the slowest" : ""
      let labels = kind.labels.isEmpty ? "" : " (\(kind.labels.joined(separator: ", ")))"
      return ["core kind \(index + 1)\(speed)", "hardware threads \(Self.ranges(kind.processingUnits))\(labels)"]
    } + [
      ["one thread runs on", "hardware threads \(Self.ranges(fastestCores.flatMap(\.processingUnits)))"],
      [
        "all threads run on",
        isRanked
          ? "\(fastestCores.count) of the fastest cores and \(cores.count - fastestCores.count) others"
          : "cores of all kinds",
      ],
    ]
  }

  private var cacheTable: DocumentTable {
    DocumentTable(
      [
        .init("cache"), .init("size", .right), .init("instances", .right), .init("hardware threads each", .right),
      ],
      rows: caches.map {
        let name = "L\($0.level)" + ($0.kind == .data ? "d" : $0.kind == .instruction ? "i" : "")
        return [name, Quantity.binaryBytes(Double($0.size)), "\($0.count)", "\($0.sharedBy)"]
      })
  }

  private var memoryRows: [[String]] {
    func bytes(_ value: Int?) -> String { value.map { Quantity.binaryBytes(Double($0)) } ?? "not reported" }
    return [
      ["total", bytes(memoryTotal)], ["available", bytes(memoryAvailable)],
      ["limit (control group)", memoryLimit == nil ? "none" : bytes(memoryLimit)],
    ]
      + numaNodes.map {
        ["NUMA node \($0.index)", "\(bytes($0.memory)), hardware threads \(Self.ranges($0.processingUnits))"]
      }
  }

  private var libraryRows: [[String]] {
    [
      ["version", openBLAS.version], ["kernel", openBLAS.kernel],
      ["threads", "\(openBLAS.threads), \(openBLAS.threading.rawValue)"], ["build", openBLAS.configuration],
      [
        "environment",
        steeringEnvironment.isEmpty
          ? "nothing that steers it"
          : steeringEnvironment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "),
      ],
    ]
  }
}

extension HostTopology {
  /// The findings as JSON; sizes in bytes, what is not known is null.
  fileprivate func json() throws -> String {
    func optional(_ value: (some Any)?) -> Any { value.map { $0 as Any } ?? NSNull() }
    let object: [String: Any] = [
      "device": deviceName, "machine": identity.description, "cpu": cpuName, "architecture": architecture,
      "extensions": features,
      "virtual": isVirtual, "packages": packages, "cores": machineCores, "allowed_cores": cores.count,
      "hardware_threads": machineProcessingUnits, "allowed_hardware_threads": allowedProcessingUnits,
      "cpu_quota": optional(cpuQuota), "usable_threads": optional(description == nil ? usableThreads : nil),
      "is_this_machine": description == nil, "topology_environment": topologyEnvironment,
      "core_kinds": coreKinds.map {
        ["rank": optional($0.rank), "labels": $0.labels, "hardware_threads": $0.processingUnits] as [String: Any]
      },
      "caches": caches.map {
        [
          "level": $0.level, "kind": $0.kind.rawValue, "size_bytes": $0.size, "instances": $0.count,
          "hardware_threads_each": $0.sharedBy,
        ] as [String: Any]
      },
      "numa_nodes": numaNodes.map {
        ["index": $0.index, "memory_bytes": $0.memory, "hardware_threads": $0.processingUnits] as [String: Any]
      },
      "memory_total_bytes": optional(memoryTotal), "memory_available_bytes": optional(memoryAvailable),
      "memory_limit_bytes": optional(memoryLimit),
      "openblas": [
        "version": openBLAS.version, "kernel": openBLAS.kernel, "threads": openBLAS.threads,
        "threading": openBLAS.threading.rawValue, "build": openBLAS.configuration,
      ] as [String: Any],
      "environment": steeringEnvironment, "warnings": warnings.map { "\($0)" },
    ]
    let data = try JSONSerialization.data(
      withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self) + "\n"
  }
}
