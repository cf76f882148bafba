import Testing

@testable import HostCalibration

/// How many threads `all` are, by the least of cores, quota and library.
@Suite struct ThreadLimitTests {
  private func topology(
    cores: Int, configuration: String, threading: OpenBLASBuild.Threading = .pthread, quota: Double? = nil
  ) throws -> HostTopology {
    var topology = try HostTopology.discover(
      synthetic: "core:\(cores) pu:1", files: HostFiles(root: "/none"), environment: [:])
    topology.openBLAS = OpenBLASBuild(
      version: "0.3.21", configuration: configuration, kernel: "Haswell", threads: 1, threading: threading)
    topology.cpuQuota = quota
    return topology
  }

  @Test(
    arguments: [
      (
        "OpenBLAS 0.3.21 Haswell MAX_THREADS=64", OpenBLASBuild.Threading.pthread, 96, nil, 64,
        "64 threads, as OpenBLAS 0.3.21 pthread is built for 64 threads at most"
      ),
      (
        "OpenBLAS 0.3.21 Haswell MAX_THREADS=4", .openmp, 8, nil, 4,
        "4 threads, as OpenBLAS 0.3.21 openmp is built for 4 threads at most"
      ),
      (
        "OpenBLAS 0.3.21 Haswell SINGLE_THREADED", .sequential, 8, nil, 1,
        "1 thread, as OpenBLAS 0.3.21 sequential is built for one thread"
      ),
      ("OpenBLAS 0.3.21 Haswell MAX_THREADS=64", .pthread, 8, nil, 8, "8 threads, as many cores as may be used"),
      (
        "OpenBLAS 0.3.21 Haswell MAX_THREADS=64", .pthread, 8, 2.5, 2,
        "2 threads, as the control group grants 2.50 CPUs"
      ),
      (
        "OpenBLAS 0.3.21 Haswell MAX_THREADS=64", .pthread, 8, 0.5, 1, "1 thread, as the control group grants 0.50 CPUs"
      ),
      ("no description", .pthread, 3, nil, 3, "3 threads, as many cores as may be used"),
    ] as [(String, OpenBLASBuild.Threading, Int, Double?, Int, String)])
  func theLeastCountsAndIsNamed(
    configuration: String, threading: OpenBLASBuild.Threading, cores: Int, quota: Double?, count: Int, text: String
  ) throws {
    let topology = try topology(cores: cores, configuration: configuration, threading: threading, quota: quota)
    #expect(topology.usableThreads == count)
    #expect(topology.threadLimit.description == text)
  }

  @Test func moreThanTheBuildRunsIsRefusedByItsName() throws {
    let sequential = try topology(cores: 4, configuration: "OpenBLAS SINGLE_THREADED", threading: .sequential)
    #expect {
      try sequential.require(threads: 2)
    } throws: {
      "\($0)" == "2 threads were asked for; 1 can run here: OpenBLAS 0.3.21 sequential is built for one thread"
    }
    try sequential.require(threads: 1)
    let wide = try topology(cores: 4, configuration: "OpenBLAS MAX_THREADS=64")
    #expect {
      try wide.require(threads: 5)
    } throws: {
      "\($0)" == "5 threads were asked for; 4 can run here: this process may use 4 cores"
    }
    try wide.require(threads: 4)
  }

  @Test func coresOfTheFastestKindComeFirst() throws {
    var topology = try topology(cores: 4, configuration: "OpenBLAS MAX_THREADS=64")
    #expect(topology.fastestCores.count == 4)
    topology.coreKinds = [
      .init(rank: 1, labels: ["CoreType=Big"], processingUnits: [2, 3]),
      .init(rank: 0, labels: [], processingUnits: [0, 1]),
    ]
    #expect(topology.fastestCores.flatMap(\.processingUnits) == [2, 3])
    #expect(topology.warnings.contains(.mixedCores(kinds: 2, fastest: [2, 3])))
    topology.coreKinds = [
      .init(rank: nil, labels: [], processingUnits: [2, 3]), .init(rank: nil, labels: [], processingUnits: [0, 1]),
    ]
    #expect(topology.fastestCores.count == 4)
    #expect(topology.warnings.contains(.mixedCores(kinds: 2, fastest: [])))
  }
}
