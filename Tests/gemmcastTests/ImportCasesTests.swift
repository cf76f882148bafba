import DataFiles
import Foundation
import Testing

/// Files as users have them: behind launchers, of several runs, with rows that failed, of other kinds.
@Suite struct ImportCasesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var options: [String] = []
    /// Rows of the output as its columns `columns`, joined by blanks; empty where the file is refused.
    var columns: [String] = []
    var rows: [String] = []
    /// What standard error says.
    var words: [String] = []
    var testDescription: String { name }
  }

  @Test(arguments: logs + prefixes + tables)
  func aFileIsReadOrRefusedWithTheCause(_ one: Case) throws {
    let file = try folder.file("measured.log", one.text)
    let result = try BuiltCommand.run(["import", file, "--device", "dut"] + one.options)
    for words in one.words { #expect(result.diagnostics.contains(words), "\(result.diagnostics)") }
    guard !one.rows.isEmpty else {
      #expect(result.status == 65 && result.output.isEmpty, "\(result.output)")
      #expect(result.diagnostics.split(separator: "\n").count == 1)
      return
    }
    #expect(result.status == 0, "\(result.diagnostics)")
    if one.words.isEmpty { #expect(result.diagnostics.isEmpty, "\(result.diagnostics)") }
    let table = try CSVDocument(text: result.output, file: "out")
    let places = try one.columns.map { try table.requiredColumn($0) }
    #expect(table.rows.map { row in places.map { row[$0] }.joined(separator: " ") } == one.rows)
  }

  static let exchange = ["collective", "ranks", "nodes", "bytes", "time_us"]
  static let allReduce4 = ["all_reduce 4 1 2097152 40.000000"]
  static let log = ForeignLogs.nccl(ForeignLogs.ranks(4))

  // MARK: - Logs of nccl-tests and rccl-tests

  static let alone = ForeignLogs.nccl(ForeignLogs.ranks(1), factor: 0)
  static let logs: [Case] = [
    Case(
      name: "two groups of three on two hosts",
      text: ForeignLogs.nccl(
        [0, 1].flatMap { group in (0..<3).map { ($0, group, $0 < 2 ? "cg1" : "cg2") } }, factor: 4.0 / 3),
      columns: exchange + ["groups"], rows: ["all_reduce 3 2 2097152 40.000000 2"],
      words: ["2 groups of 3 ranks ran at once (NCCL_TESTS_SPLIT)"]),
    Case(
      name: "groups of different sizes", text: ForeignLogs.nccl(ForeignLogs.ranks(2) + ForeignLogs.ranks(3, group: 1)),
      words: ["the ranks are of 2 groups of different sizes"]),
    Case(
      name: "a rank is not listed", text: ForeignLogs.nccl([(0, 0, "a"), (1, 0, "a"), (3, 0, "a")]),
      words: ["rank 2 is not listed, and rank 3 is"]),
    Case(
      name: "a rank's number is the largest that there is",
      text: ForeignLogs.nccl([(Int.max, 0, "a"), (1, 0, "a")]),
      words: ["rank 0 is not listed, and rank 9223372036854775807 is"]),
    Case(
      name: "rank 0 stands twice",
      text: ForeignLogs.nccl([(0, 0, "a"), (0, 0, "b")], program: "sendrecv_perf", factor: 1),
      words: ["measured.log:7: rank 0 stands twice: each process ran alone", "MPI=1"]),
    Case(
      name: "processes without MPI, one behind the other", text: alone + alone,
      words: ["has no row that can be imported; 2 rows left out: one GPU took part", "MPI=1"]),
    Case(
      name: "the header stands twice",
      text: log.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
        $0.contains("busbw") || $0.contains("(GB/s)") ? [$0, $0] : [$0]
      }.joined(separator: "\n"),
      words: ["the header stands twice: each process ran alone"]),
    Case(
      name: "ranks given for a run of one GPU",
      text: alone.split(separator: "\n").filter { !$0.contains("Rank") }.joined(separator: "\n"),
      options: ["--ranks", "4"], words: ["one GPU took part, and nothing was exchanged"]),
    Case(
      name: "other programs between",
      text: log + ForeignLogs.nccl(ForeignLogs.ranks(4), program: "gather_perf", factor: 1)
        + ForeignLogs.nccl(ForeignLogs.ranks(4), program: "reduce_perf", factor: 1)
        + ForeignLogs.nccl(ForeignLogs.ranks(2), program: "all_gather_perf", factor: 0.5),
      columns: exchange, rows: allReduce4 + ["all_gather 2 1 2097152 40.000000"],
      words: ["1 row left out: the program is gather_perf", "1 row left out: the program is reduce_perf"]),
    Case(
      name: "wrong results and results that were not checked",
      text: ForeignLogs.nccl(
        ForeignLogs.ranks(4), rows: [(2_097_152, 40, "N/A"), (4_194_304, 70, "12"), (1_048_576, 30, "nan")]),
      columns: exchange, rows: allReduce4, words: ["2 rows left out: its result was wrong (first in line 15)"]),
    Case(
      name: "rccl marks wrong results by an asterisk and begins runs by nThread and a colon",
      text: rccl(2, "1e+01*", factor: 1) + rccl(2, "0e+00", factor: 1) + rccl(3, "0e+00", factor: 1),
      options: ["--collective", "broadcast"], columns: ["ranks", "bytes"], rows: ["2 65536", "3 65536"],
      words: ["1 row left out: its result was wrong"]),
    Case(
      name: "a footer tells of wrong results that no row has",
      text: log.replacingOccurrences(of: "values : 0 OK", with: "values : 3 FAILED"), columns: exchange,
      rows: allReduce4, words: ["line 15 tells of 3 values out of bounds"]),
  ]

  static func rccl(_ ranks: Int, _ error: String, factor: Double) -> String {
    let gpus = (0..<ranks).map { "#   Rank  \($0) Pid   77 on  tw07 device  \($0) [0x2\($0)] AMD Instinct MI100\n" }
    return """
      # nThread: 1 nGpus: \(ranks) minBytes: 65536 maxBytes: 65536 step: 2(factor) warmupIters: 5 iters: 20 validation: 1
      #
      # Using devices
      \(gpus.joined())#
      #                                             out-of-place                    in-place
      #       size         count    type   redop     time   algbw   busbw  error     time   algbw   busbw  error
      #        (B)    (elements)                     (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)
             65536         16384   float    none    16.00    4.10    4.10  \(error)    16.00    4.10    4.10  0e+00
      # Errors with asterisks indicate errors that have exceeded the maximum threshold.
      # Out of bounds values : 1 FAILED

      """
  }

  // MARK: - Solutions and columns

  static let tables: [Case] = [
    Case(
      name: "three solutions and the winner",
      text: ForeignLogs.hipblaslt("[0]:", us: 14) + ForeignLogs.hipblaslt("[1]:", us: 11)
        + ForeignLogs.hipblaslt("[2]:", us: 13) + "Winner: \n" + ForeignLogs.hipblaslt("[1]:", us: 11),
      columns: ["time_us"], rows: ["11.000000"],
      words: ["3 rows left out: another solution is faster on the same GEMM (--every-kernel keeps all)"]),
    Case(
      name: "all solutions, the winner once",
      text: ForeignLogs.hipblaslt("[0]:", us: 14) + ForeignLogs.hipblaslt("[1]:", us: 11) + "Winner: \n"
        + ForeignLogs.hipblaslt("[1]:", us: 11), options: ["--every-kernel"], columns: ["time_us"],
      rows: ["14.000000", "11.000000"], words: ["1 row left out: the winner repeats the row of its solution"]),
    Case(
      name: "one solution measured twice is kept twice",
      text: ForeignLogs.hipblaslt("[0]:", us: 14) + ForeignLogs.hipblaslt("[0]:", us: 13), columns: ["time_us"],
      rows: ["14.000000", "13.000000"]),
    Case(
      name: "solutions by index, in the tool's spelling",
      text: ForeignLogs.hipblaslt("", us: 14, columns: ",soulution_index", values: ",37")
        + ForeignLogs.hipblaslt("", us: 12, columns: ",soulution_index", values: ",41"),
      columns: ["time_us", "solution_index"], rows: ["12.000000 41"],
      words: ["1 row left out: another solution is faster"]),
    Case(
      name: "clocks and power of each die",
      text: ForeignLogs.hipblaslt(
        "[0]:", us: 8, columns: ",avg-freq_0,avg-freq_1,median-freq_11,max-MCLK,avg_power_w_0,temperature (C)",
        values: ",1,2,3,4,5,6"), columns: ["time_us"], rows: ["8.000000"]),
    Case(
      name: "ROCm 6.0: no colon, and the result's type alone",
      text: """
        hipBLASLt version: 600
        [0]transA,transB,grouped_gemm,batch_count,m,n,k,d_type,compute_type,activation_type,bias_vector,hipblaslt-Gflops,us
        N,T,0,1,512,256,128,fp16_r,f32_r,none,0, 1677.72, 20

        """, columns: ["dtype", "m", "k", "n", "time_us"], rows: ["fp16 512 128 256 20.000000"],
      words: ["the table names the result's type only"]),
    Case(
      name: "a solution whose result was wrong",
      text: ForeignLogs.hipblaslt("[0]:", us: 8, columns: ",atol", values: ",failed"),
      words: ["1 row left out: its result was wrong"]),
    Case(
      name: "cutlass_profiler with tags and two devices",
      text: ForeignLogs.cutlass(
        tags: "network,layer,", values: ["vit,1,", "vit,1,"], times: [0.25, 0.125], devices: ",Runtime_0,Runtime_1"),
      columns: ["time_us", "tag_network", "tag_layer"], rows: ["125.000000 vit 1"],
      words: ["1 row left out: another kernel is faster"]),
    Case(
      name: "an index column of pandas", text: ",gemm_dtype,m,n,k,latency\n0,float16,8,4,2,0.25\n",
      columns: ["m", "k", "n", "time_us"], rows: ["8 2 4 250.000000"]),
    Case(
      name: "quoted names and fields",
      text: "\"gemm_dtype\",\"m\",\"n\",\"k\",\"latency\"\n\"float16\",8,\"4\",2,0.25\n",
      columns: ["m", "k", "n", "time_us"], rows: ["8 2 4 250.000000"]),
    Case(
      name: "a byte order mark and lines of Windows",
      text: "\u{FEFF}gemm_dtype,m,n,k,latency\r\nfloat16,8,4,2,0.25\r\n",
      columns: ["m", "k", "n", "time_us"], rows: ["8 2 4 250.000000"]),
    Case(
      name: "quoted names of cutlass_profiler",
      text: ForeignLogs.cutlass(times: [0.05]).replacingOccurrences(
        of: "Problem,Provider", with: "\"Problem\",\"Provider\""),
      columns: ["time_us"], rows: ["50.000000"]),
    Case(
      name: "semicolons", text: "gemm_dtype;m;n;k;latency\nfloat16;8;4;2;0,25\n",
      words: ["measured.log:1: semicolons separate the columns of this aiconfigurator table; separate them with commas"]
    ),
    Case(
      name: "a column without a name at the end", text: "gemm_dtype,m,n,k,latency,\nfloat16,8,4,2,0.25,\n",
      words: ["measured.log:1:26: column 6 has no name; name it, or delete it"]),
    Case(
      name: "a remedy that can be typed", text: "gemm_dtype,m,n,k,latency,my note (x)\nfloat16,8,4,2,0.25,1\n",
      words: ["--ignore-column 'my note (x)' leaves it aside"]),
    Case(
      name: "a time is not left aside", text: "gemm_dtype,m,n,k,latency,kernel_time_us\nfloat16,8,4,2,0.25,1\n",
      words: ["column kernel_time_us is not known, and is a time in microseconds; times are read from latency"]),
    Case(
      name: "DeepBench on Arm", text: "  m  n  k  a_t  b_t  time (msec)  GOPS\n  64  16  32  n  n  0.5  0.13\n",
      options: ["--dtype", "fp32"],
      words: ["column time (msec) is not known, and is a time in milliseconds; times are read from time (usec)"]),
    Case(
      name: "a timing table already", text: "device,dtype,m,k,n,batch,time_us\ng,fp16,1,2,3,1,5\n",
      words: ["this one is of a timing table already; give the file to --table"]),
    Case(
      name: "a trace without operators", text: "{\"schemaVersion\": 1, \"traceEvents\": [{\"ph\": \"X\"}]}",
      words: ["no event is a kernel or an operator", "record_shapes=True"]),
    Case(
      name: "JSON of an unknown tool", text: "{\"gemm\": {\"results\": 1}, \"host\": \"x\"}",
      words: ["is JSON with the keys gemm, host, and no report of nccl-tests"]),
    Case(
      name: "JSON of an unknown tool, named wrongly", text: "{\"gemm\": 1}", options: ["--from", "nccl-tests-json"],
      words: ["is JSON with the keys gemm, and no report of nccl-tests"]),
  ]

  // MARK: - Other kinds of files

  @Test(
    arguments: [
      (
        [0x50, 0x41, 0x52, 0x31, 0x15, 0x04, 0x00],
        "is a Parquet file; write it as CSV first: scripts/parquet_to_csv.py "
      ),
      ([0x1F, 0x8B, 0x08, 0x00], "is compressed with gzip; unpack it first: gunzip -c "),
      (Array("SQLite format 3\0".utf8), "is an SQLite database"),
    ] as [([UInt8], String)])
  func otherKindsOfFilesAreNamed(_ bytes: [UInt8], _ message: String) throws {
    let url = folder.url("data x.bin")
    try Data(bytes).write(to: url)
    // Every reader says so: of tables, of devices, of models.
    for arguments in [
      ["import", url.path], ["fit", url.path], ["time", "--m", "1", "--k", "1", "--n", "1", "--device", url.path],
      ["estimate", url.path],
    ] {
      let result = try BuiltCommand.run(arguments)
      #expect(result.status == 65 && result.output.isEmpty, "\(result.diagnostics)")
      #expect(result.diagnostics.contains("\(url.path): \(message)"), "\(result.diagnostics)")
    }
    #expect(try BuiltCommand.run(["import", url.path]).diagnostics.contains("'\(url.path)"))
  }
}
