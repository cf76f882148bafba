/// One of the kernels (core types) that OpenBLAS can run, and what it asks of the CPU.
///
/// Names and requirements after OpenBLAS's `driver/others/dynamic.c` and `dynamic_arm64.c`, 0.3.21 to 0.3.28.
struct CoreType: Hashable, Sendable {
  var name: String
  var architecture: String
  /// Instruction-set extensions, as /proc/cpuinfo spells them.
  var requirements: [String]
  /// What its sgemm multiplies with, in ascending order of work a cycle.
  var arithmetic: Arithmetic

  enum Arithmetic: Int, Comparable, Sendable {
    case sse = 1
    case avx
    /// 256 bits with fused multiply–add, or Arm's 128 bits with it.
    case fused
    /// AVX-512 or SVE.
    case wide

    static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// The word for messages.
    func name(architecture: String) -> String {
      let arm = architecture == "aarch64"
      return switch self {
      case .sse: "SSE"
      case .avx: "AVX"
      case .fused: arm ? "NEON" : "AVX2"
      case .wide: arm ? "SVE" : "AVX-512"
      }
    }
  }

  static let all: [CoreType] = {
    func x86(_ name: String, _ arithmetic: Arithmetic, _ requirements: String...) -> CoreType {
      CoreType(name: name, architecture: "x86_64", requirements: requirements, arithmetic: arithmetic)
    }
    func arm(_ name: String, _ arithmetic: Arithmetic, _ requirements: String...) -> CoreType {
      CoreType(name: name, architecture: "aarch64", requirements: requirements, arithmetic: arithmetic)
    }
    return [
      x86("Prescott", .sse, "pni"), x86("Core2", .sse, "ssse3"), x86("Penryn", .sse, "sse4_1"),
      x86("Dunnington", .sse, "sse4_1"), x86("Nehalem", .sse, "sse4_2"), x86("Atom", .sse, "ssse3"),
      x86("Opteron", .sse, "3dnowext"), x86("Opteron_SSE3", .sse, "3dnowext", "pni"), x86("Barcelona", .sse, "sse4a"),
      x86("Bobcat", .sse, "sse4a", "ssse3"), x86("Nano", .sse, "ssse3"), x86("Sandybridge", .avx, "avx"),
      x86("Bulldozer", .avx, "avx", "fma4"), x86("Piledriver", .avx, "avx", "fma4", "fma"),
      x86("Steamroller", .avx, "avx", "fma4", "fma"), x86("Excavator", .avx, "avx", "fma4", "avx2"),
      x86("Haswell", .fused, "avx2", "fma"), x86("Zen", .fused, "avx2", "fma"),
      x86("SkylakeX", .wide, "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"),
      x86("Cooperlake", .wide, "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16"),
      x86("SapphireRapids", .wide, "avx512f", "avx512bw", "avx512vl", "avx512_bf16", "amx_bf16"),
      arm("armv8", .fused, "asimd"), arm("cortexa53", .fused, "asimd"), arm("cortexa57", .fused, "asimd"),
      arm("cortexa72", .fused, "asimd"), arm("cortexa73", .fused, "asimd"), arm("falkor", .fused, "asimd"),
      arm("thunderx", .fused, "asimd"), arm("thunderx2t99", .fused, "asimd"), arm("tsv110", .fused, "asimd"),
      arm("emag8180", .fused, "asimd"), arm("neoversen1", .fused, "asimd", "asimddp"),
      arm("thunderx3t110", .fused, "asimd", "asimddp"), arm("neoversev1", .wide, "sve"),
      arm("neoversen2", .wide, "sve"), arm("armv8sve", .wide, "sve"), arm("a64fx", .wide, "sve"),
    ]
  }()

  /// The core type of that name, upper and lower case alike as OpenBLAS reads it.
  static func named(_ name: String, architecture: String) -> CoreType? {
    all.first { $0.architecture == architecture && $0.name.lowercased() == name.lowercased() }
  }

  /// Whether a CPU with these features can run it.
  func runs(on features: Set<String>) -> Bool { requirements.allSatisfy(features.contains) }

  /// The kernels worth a trial on a CPU: those with its best arithmetic, and the next best, which can win where wide
  /// vectors lower the clock.
  static func plausible(architecture: String, features: [String]) -> [CoreType] {
    let features = Set(features)
    let runnable = all.filter { $0.architecture == architecture && $0.runs(on: features) }
    guard let best = runnable.map(\.arithmetic).max() else { return [] }
    let usual: Set<String> = [
      "Sandybridge", "Nehalem", "Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids", "armv8", "cortexa72",
      "neoversen1", "neoversev1", "neoversen2", "armv8sve",
    ]
    return runnable.filter { $0.arithmetic.rawValue >= best.rawValue - 1 && usual.contains($0.name) }
  }
}
