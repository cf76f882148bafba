import Foundation
import Testing

@testable import HostCalibration

@Suite struct HostTopologyTests {
  private func synthetic(
    _ description: String, environment: [String: String] = [:], files: [String: String] = [:]
  ) throws -> HostTopology {
    let folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(text, to: name) }
    return try HostTopology.discover(
      synthetic: description, files: HostFiles(root: folder.path), environment: environment)
  }

  @Test func aSyntheticMachineIsCounted() throws {
    let topology = try synthetic(
      "package:2 numa:1 l3:1(size=33554432) l2:4(size=1048576) l1d:1(size=32768) core:1 pu:2")
    #expect(topology.packages == 2)
    #expect(topology.machineCores == 8)
    #expect(topology.machineProcessingUnits == 16)
    #expect(topology.cores.count == 8)
    #expect(topology.cores.map(\.package) == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(topology.cores.map(\.numaNode) == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(topology.cores[1].processingUnits == [2, 3])
    #expect(topology.numaNodes.count == 2)
    #expect(topology.numaNodes[1].processingUnits == Array(8..<16))
    #expect(topology.allowedProcessingUnits == Array(0..<16))
    let caches = topology.caches
    #expect(caches.map(\.level) == [1, 2, 3])
    #expect(caches.map(\.size) == [32768, 1_048_576, 33_554_432])
    #expect(caches.map(\.count) == [8, 8, 2])
    #expect(caches.map(\.sharedBy) == [2, 2, 8])
    #expect(topology.lastLevelCache?.level == 3)
  }

  @Test func nonsenseIsAnError() {
    #expect(throws: CalibrationError.self) { try HostTopology.discover(synthetic: "no machine") }
  }

  @Test func processorAndMemoryAreReadFromTheirFiles() throws {
    let topology = try synthetic(
      "core:4 pu:1",
      files: [
        "proc/cpuinfo": """
        processor\t: 0
        model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
        flags\t\t: fpu pni avx avx2 fma avx512f avx512cd avx512bw avx512dq avx512vl hypervisor
        """,
        "proc/meminfo": "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n",
      ])
    #expect(topology.cpuName == "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz")
    #expect(topology.deviceName == "intel-xeon-platinum-8481c")
    #expect(topology.features.contains("avx512f") && !topology.features.contains("fpu"))
    #expect(topology.isVirtual)
    #expect(topology.memoryTotal == 16_000_000 * 1024)
    #expect(topology.memoryAvailable == 8_000_000 * 1024)
    #expect(topology.warnings.contains(.virtualMachine))
  }

  @Test(arguments: [
    ("AMD EPYC 7R13 48-Core Processor", "amd-epyc-7r13"), ("AMD EPYC", "amd-epyc"),
    ("Intel(R) Core(TM) i7-8565U CPU @ 1.80GHz", "intel-core-i7-8565u"), ("Apple M2 Pro", "apple-m2-pro"),
    ("aarch64 implementer 0x41 part 0xd0c", "aarch64-implementer-0x41-part-0xd0c"), ("@", "unknown-cpu"),
  ])
  func deviceNamesAreSlugs(cpu: String, device: String) {
    #expect(HostTopology.deviceName(cpuName: cpu) == device)
  }

  @Test func inheritedVariablesAreWarnedOf() throws {
    let topology = try synthetic(
      "core:1 pu:1",
      environment: ["OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "7", "OPENBLAS_VERBOSE": "2", "PATH": "/bin"])
    let warnings = topology.warnings
    #expect(
      warnings.contains {
        if case .inheritedKernel(variable: "OPENBLAS_CORETYPE", value: "Haswell", kernel: _) = $0 {
          true
        } else {
          false
        }
      })
    #expect(
      warnings.contains {
        if case .inheritedThreads(variable: "OMP_NUM_THREADS", value: "7", threads: _) = $0 { true } else { false }
      })
    #expect(warnings.contains(.inheritedSetting(variable: "OPENBLAS_VERBOSE", value: "2")))
    #expect(topology.steeringEnvironment["PATH"] == nil)
  }

  @Test func aWeakKernelOversubscriptionAndAQuotaAreWarnedOf() throws {
    var topology = try synthetic("core:2 pu:1")
    topology.architecture = "x86_64"
    topology.features = ["avx2", "fma", "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"]
    topology.openBLAS.kernel = "Haswell"
    topology.openBLAS.threads = 4
    topology.openBLAS.configuration = "OpenBLAS 0.3.21 MAX_THREADS=64"
    topology.openBLAS.threading = .pthread
    topology.cpuQuota = 1.5
    #expect(topology.warnings.contains(.weakKernel(kernel: "Haswell", could: "SkylakeX", because: "AVX-512")))
    #expect(topology.warnings.contains(.moreThreadsThanCores(threads: 4, cores: 2)))
    #expect(topology.warnings.contains(.quotaBelowThreads(quota: 1.5, threads: 4)))
    #expect(topology.usableThreads == 1)
    topology.openBLAS.kernel = "SkylakeX"
    topology.openBLAS.threads = 1
    topology.cpuQuota = nil
    #expect(topology.warnings.isEmpty)
    #expect(topology.usableThreads == 2)
    topology.machineCores = 8
    #expect(topology.warnings == [.partOfMachine(cores: 2, of: 8)])
  }

  @Test func memoryMissingFromTheTopologyIsWarnedOf() throws {
    var topology = try synthetic("numa:1(memory=1073741824) core:2 pu:1")
    #expect(topology.numaNodes.first?.memory == 1 << 30)
    topology.openBLAS.threads = 1
    topology.memoryTotal = 4 << 30
    #expect(topology.warnings.contains(.memoryUnderreported(topology: 1 << 30, system: 4 << 30)))
    topology.memoryTotal = 1 << 30
    #expect(!topology.warnings.contains { if case .memoryUnderreported = $0 { true } else { false } })
  }

  @Test func thisMachineIsFound() throws {
    let topology = try HostTopology.discover()
    #expect(topology.cores.count >= 1)
    #expect(topology.usableThreads >= 1)
    #expect(topology.machineProcessingUnits >= topology.allowedProcessingUnits.count)
  }
}
