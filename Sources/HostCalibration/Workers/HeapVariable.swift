/// The environment variable that keeps a measuring process's heap in order.
///
/// OpenBLAS's small-matrix kernels for AVX-512 take memory with `malloc` in each call, for a copy of the columns that fill
/// no vector. Whether that copy begins on a cache line, and how far from A and C modulo a page, decides 5 to 8 % of a
/// call's time, and 60 % for some shapes. glibc gives it the address that the last calls of anybody left free,
/// unless freed memory goes back to the heap's end at once.
enum HeapVariable {
  private static let name = "GLIBC_TUNABLES"
  private static let settings = ["glibc.malloc.tcache_count=0", "glibc.malloc.mxfast=0"]

  /// The environment with the heap's settings beside those that it has for other parts of glibc.
  static func adding(to environment: [String: String]) -> [String: String] {
    let others = environment[name]?.split(separator: ":").filter { !$0.hasPrefix("glibc.malloc.") }.map(String.init)
    return environment.merging([name: ((others ?? []) + settings).joined(separator: ":")]) { $1 }
  }
}
