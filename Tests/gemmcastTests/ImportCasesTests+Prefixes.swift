import Foundation

/// What launchers and logs put in front of lines.
extension ImportCasesTests {
  static let prefixes: [Case] =
    [
      ("mpirun --tag-output", { _ in "[1,0]<stdout>:" }), ("prterun", { _ in "[prterun-cg1-4417@1,0]<stdout>: " }),
      ("a host and a rank", { _ in "[cg1:1,0]<stdout>: " }), ("srun --label", { _ in "0: " }),
      ("srun --label of a hundred tasks", { _ in "  0: " }), ("mpiexec -prepend-rank", { _ in "[0] " }),
      ("pdsh", { _ in "cg-1: " }), ("a mail's quote", { _ in "> > " }), ("a diff", { _ in "+" }),
      ("Kubernetes", { "2026-03-0\(1 + $0 % 9)T08:1\($0 % 10):07.\(1 + $0)99Z " }),
      ("a container runtime", { "2026-03-01T08:10:\(10 + $0).25+01:00 stdout F " }),
      ("docker compose", { _ in "worker-0  | " }), ("kubectl --prefix", { _ in "[pod/nccl-launcher-x7/main] " }),
      ("a time, a label", { "08:10:\(10 + $0) 3: " }), ("ts", { "Mar  1 08:10:\(10 + $0) " }),
      ("ts -s", { "0.00\(10 + $0) " }), ("journald", { "Mar 01 08:10:\(10 + $0) cg1 srun[815]: " }),
      ("ctime in brackets", { "[Sun Mar  1 08:10:\(10 + $0) 2026] " }), ("line numbers", { "   \($0 + 1)\t" }),
      ("grep", { _ in "run-1.log:" }), ("colors", { _ in "\u{1B}[0;32m" }),
      ("a time and a tag", { "Sun Mar  1 08:10:\(10 + $0) 2026[1,0]<stdout>:" }),
      ("a job step of a CI", { "bench\tRun nccl\t2026-03-01T08:10:\(10 + $0).1234567Z " }),
    ].flatMap { (name: String, prefix: (Int) -> String) in
      let text = ForeignLogs.prefixed(log, prefix)
      return [
        Case(name: name, text: text, columns: exchange, rows: allReduce4),
        Case(
          name: "\(name), with lines of Windows",
          text: text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"),
          columns: exchange, rows: allReduce4),
      ]
    } + [
      Case(
        name: "other processes between, and lines without a tag",
        text: "cg1:1:1 [0] NCCL INFO plugin\n"
          + log.split(separator: "\n").map { "[1,0]<stdout>:\($0)\n[1,1]<stdout>:cg2:7:7 [1] NCCL INFO Channel 00\n" }
          .joined() + "[1,0]<stderr>:done\n",
        columns: exchange, rows: allReduce4),
      Case(
        name: "a tag within a row",
        text: ForeignLogs.prefixed(log) { _ in "[1,0]<stdout>:" }
          .replacingOccurrences(of: "sum  -1", with: "sum  -1[1,0]<stdout>:"),
        columns: exchange, rows: allReduce4),
      Case(
        name: "two processes print tables at once",
        text: zip(log.split(separator: "\n"), log.split(separator: "\n")).map { "0: \($0)\n1: \($1)\n" }.joined(),
        words: ["process 1: prints a table of its own, as 0: does: each ran alone"]),
      Case(
        name: "hipblaslt-bench behind a label",
        text: ForeignLogs.prefixed(ForeignLogs.hipblaslt("[0]:", us: 8)) { _ in "[1,3]<stdout>:" },
        columns: ["m", "k", "n", "time_us"], rows: ["640 1024 384 8.000000"]),
      Case(
        name: "cutlass_profiler with tags behind a label",
        text: ForeignLogs.prefixed(ForeignLogs.cutlass(tags: "net,", values: ["bert,"], times: [0.05])) { _ in "7: " },
        columns: ["m", "k", "n", "time_us", "tag_net"], rows: ["256 64 128 50.000000 bert"]),
      Case(
        name: "DeepBench behind a time",
        text: ForeignLogs.prefixed(
          "   m    n     k   a_t  b_t  precision  time (usec)\n  96   48   32   n  t  half   7\n"
        ) {
          "2026-03-01 08:10:1\($0),221 "
        }, columns: ["m", "k", "n", "time_us"], rows: ["96 32 48 7.000000"]),
      Case(
        name: "a CSV behind a mail's quote, wrong in a field",
        text: "> gemm_dtype,m,n,k,latency\n> bfloat16,1,2,x,0.5\n", words: ["measured.log:2:16: k is x"]),
      Case(
        name: "a CSV behind a mail's quote", text: "> gemm_dtype,m,n,k,latency\n> bfloat16,1,2,3,0.5\n",
        columns: ["m", "k", "n", "time_us"], rows: ["1 3 2 500.000000"]),
    ]
}
