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
    let topology = try HostTopology.discover()
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
      title: "\(cpuName) (\(deviceName))",
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
      ["threads at full speed", "\(usableThreads)"],
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

  /// `0-3,8`: the way Linux writes sets of CPUs.
  static func ranges(_ numbers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = runs.last, number == last.upperBound + 1 {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
  }
}

extension HostTopology {
  /// The findings as JSON; sizes in bytes, what is not known is null.
  fileprivate func json() throws -> String {
    func optional(_ value: (some Any)?) -> Any { value.map { $0 as Any } ?? NSNull() }
    let object: [String: Any] = [
      "device": deviceName, "machine": identity.description, "cpu": cpuName, "architecture": architecture, "extensions": features,
      "virtual": isVirtual, "packages": packages, "cores": machineCores, "allowed_cores": cores.count,
      "hardware_threads": machineProcessingUnits, "allowed_hardware_threads": allowedProcessingUnits,
      "cpu_quota": optional(cpuQuota), "usable_threads": usableThreads,
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
