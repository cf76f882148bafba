import Testing

@testable import HostCalibration

@Suite struct CoreTypeTests {
  private static let avx512 = ["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"]

  @Test func plausibleKernelsAreTheBestTwoClassesThatTheCPURuns() {
    func names(_ features: [String]) -> [String] {
      CoreType.plausible(architecture: "x86_64", features: features).map(\.name)
    }
    #expect(names(["pni", "sse4_2", "avx", "avx2", "fma"] + Self.avx512) == ["Haswell", "Zen", "SkylakeX"])
    #expect(
      names(["avx", "avx2", "fma", "avx512_bf16"] + Self.avx512) == ["Haswell", "Zen", "SkylakeX", "Cooperlake"])
    #expect(names(["sse4_2", "avx", "avx2", "fma"]) == ["Sandybridge", "Haswell", "Zen"])
    #expect(names([]).isEmpty)
    #expect(
      CoreType.plausible(architecture: "aarch64", features: ["asimd", "asimddp"]).map(\.name)
        == ["armv8", "cortexa72", "neoversen1"])
  }

  @Test func namesAreReadAsOpenBLASReadsThem() {
    #expect(CoreType.named("HASWELL", architecture: "x86_64")?.name == "Haswell")
    #expect(CoreType.named("Haswell", architecture: "aarch64") == nil)
    #expect(CoreTypeChoice("auto") == .automatic)
    #expect(CoreTypeChoice("inherit") == .inherited)
    #expect(CoreTypeChoice("Zen") == .named("Zen"))
  }

  @Test func aMeasuringProcessInheritsNothingThatSteers() {
    let environment = [
      "PATH": "/bin", "OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_VERBOSE": "2", "OMP_PROC_BIND": "true",
      "GOTO_NUM_THREADS": "3", "OMP_NUM_THREADS": "9",
    ]
    #expect(
      SteeringVariable.clean(environment, coreType: nil, threads: 2)
        == ["PATH": "/bin", "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"])
    #expect(SteeringVariable.clean(environment, coreType: "Zen", threads: 1)["OPENBLAS_CORETYPE"] == "Zen")
  }
}
