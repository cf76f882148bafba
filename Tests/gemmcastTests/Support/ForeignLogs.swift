/// Small logs of other tools, as their programs print them.
enum ForeignLogs {
  typealias GPU = (rank: Int, group: Int, host: String)

  /// A run of nccl-tests: the GPUs as (rank, group, host), and rows of a size, a time in µs and busbw's factor.
  static func nccl(
    _ gpus: [GPU], program: String = "all_reduce_perf",
    rows: [(bytes: Int, time: Double, wrong: String)] = [(2_097_152, 40, "0")], factor: Double = 1.5
  ) -> String {
    var lines = [
      "# nccl-tests version 2.18.3 nccl-headers=22903 nccl-library=22903", "# Collective test starting: \(program)",
      "# nThread 1 nGpus 1 minBytes 1024 maxBytes 8388608 step: 2(factor) warmup iters: 1 iters: 50 agg iters: 1", "#",
      "# Using devices",
    ]
    lines += gpus.map {
      "#  Rank  \($0.rank) Group  \($0.group) Pid  81\($0.rank)\($0.group) on  \($0.host) device  \($0.rank) [0000:0\($0.rank):00] NVIDIA A10G"
    }
    lines += [
      "#", "#                                                              out-of-place                       in-place",
      "#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong",
      "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)",
    ]
    lines += rows.map { row in
      let bandwidth = Double(row.bytes) / row.time * 1e-3
      let figures = "\(row.time)  \(hundredths(bandwidth))  \(hundredths(bandwidth * factor))"
      return "  \(row.bytes)  \(row.bytes / 4)  float  sum  -1  \(figures)  \(row.wrong)  \(figures)  \(row.wrong)"
    }
    lines += [
      "# Out of bounds values : 0 OK", "# Avg bus bandwidth    : 40.5", "#", "# Collective test concluded: \(program)",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Ranks of one group on one host.
  static func ranks(_ count: Int, host: String = "cg1", group: Int = 0) -> [GPU] {
    (0..<count).map { (rank: $0, group: group, host: host) }
  }

  /// The text with something before each line.
  static func prefixed(_ text: String, _ prefix: (Int) -> String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated()
      .map { prefix($0) + $1 }.joined(separator: "\n") + "\n"
  }

  /// A run of hipblaslt-bench: its header behind a number, and a row whose rate fits its time.
  static func hipblaslt(
    _ number: String, us: Double, columns: String = "", values: String = "", m: Int = 640, n: Int = 384, k: Int = 1024
  ) -> String {
    let rate = 2 * Double(m * n * k) / us * 1e-3
    return """
      \(number)transA,transB,grouped_gemm,batch_count,m,n,k,a_type,b_type,compute_type\(columns),hipblaslt-Gflops,us
          T,N,0,1,\(m),\(n),\(k),f16_r,f16_r,f32_r\(values),\(rate),\(us)

      """
  }

  /// A table of cutlass_profiler with columns before and behind those of each GEMM.
  static func cutlass(tags: String = "", values: [String] = [""], times: [Double], devices: String = "") -> String {
    let header =
      "\(tags)Problem,Provider,OperationKind,Operation,Disposition,Status,m,n,k,A,B,op_class,Flops,Runtime\(devices)"
    let rows = zip(values, times).enumerated().map { index, row in
      "\(row.0)\(index + 1),CUTLASS,gemm,op_\(index),passed,success,256,128,64,f16:row,f16:column,tensorop,"
        + "\(2 * 256 * 128 * 65),\(row.1)" + (devices.isEmpty ? "" : ",\(row.1),\(row.1)")
    }
    return ([header] + rows).joined(separator: "\n") + "\n"
  }

  private static func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
