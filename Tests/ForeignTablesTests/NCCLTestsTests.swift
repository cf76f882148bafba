import ForeignTables
import GEMMTiming
import Testing

@Suite struct NCCLTestsTests {
  /// A run as the program prints it: two hosts of two GPUs.
  static let text = """
    # nccl-tests version 2.17.6 nccl-headers=22807 nccl-library=22807
    # Collective test starting: all_reduce_perf_mpi
    # nThread 1 nGpus 2 minBytes 1024 maxBytes 1048576 step: 1024(factor) warmup iters: 1 iters: 20 agg iters: 1
    #
    # Using devices
    #  Rank  0 Group  0 Pid    912 on     node-a device  0 [0000:14:00] NVIDIA A100-SXM4-80GB
    #  Rank  1 Group  0 Pid    912 on     node-a device  1 [0000:19:00] NVIDIA A100-SXM4-80GB
    #  Rank  2 Group  0 Pid    407 on     node-b device  0 [0000:14:00] NVIDIA A100-SXM4-80GB
    #  Rank  3 Group  0 Pid    407 on     node-b device  1 [0000:19:00] NVIDIA A100-SXM4-80GB
    #
    #                                                              out-of-place                       in-place
    #       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong
    #        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)
            1024           256     float     sum      -1    20.48    0.05    0.08       0    19.00    0.05    0.08       0
         1048576        262144     float     sum      -1    65.54   16.00   24.00       0    52.43   20.00   30.00       0
    # Out of bounds values : 0 OK
    # Avg bus bandwidth    : 12.345
    #
    # Collective test concluded: all_reduce_perf_mpi
    """

  @Test func aRunSaysWhatItMeasuredBetweenWhichGPUs() throws {
    let rows = try Imported.collectives(Self.text, ImportOptions())
    #expect(rows.map(\.bytes) == [1024, 1_048_576])
    #expect(isClose(rows[0].seconds, 20.48e-6) && isClose(rows[1].seconds, 65.54e-6))
    for row in rows {
      #expect(row.device == "NVIDIA A100-SXM4-80GB" && row.collective == .allReduce)
      #expect(row.ranks == 4 && row.nodes == 2)
      #expect(row.other == ["dtype": "float", "redop": "sum", "buffers": "out-of-place"])
    }
  }

  @Test func theInPlaceTimesAreTheOthers() throws {
    let rows = try Imported.collectives(Self.text, ImportOptions(device: "a100", buffers: .inPlace))
    #expect(isClose(rows[0].seconds, 19e-6) && isClose(rows[1].seconds, 52.43e-6))
    #expect(rows[0].device == "a100" && rows[0].other["source_device"] == "NVIDIA A100-SXM4-80GB")
    #expect(rows[0].other["buffers"] == "in-place")
  }

  @Test func asCSVItIsWhatValidateReads() throws {
    let table = try ForeignTable(text: Self.text, file: "f", options: ImportOptions(device: "a100"))
    #expect(
      table.csv().split(separator: "\n").prefix(2).joined(separator: "\n") == """
        device,collective,ranks,bytes,time_us,nodes,source_device,dtype,redop,buffers
        a100,all_reduce,4,1024,20.480000,2,NVIDIA A100-SXM4-80GB,float,sum,out-of-place
        """)
  }

  @Test func aFileHoldsSeveralRuns() throws {
    let gather = Self.text.split(separator: "\n").map { String($0) }
      .map { $0.hasPrefix("#") ? String($0.split(separator: "all_reduce").joined(separator: "all_gather")) : $0 }
      .filter { !$0.contains("node-b") && !$0.hasPrefix(" ") }
    let row =
      "     1048576        262144     float    none      -1    65.54   16.00    8.00     N/A    52.43   20.00   10.00     N/A"
    var text = gather
    text.insert(row, at: gather.firstIndex { $0.contains("Out of bounds") } ?? 0)
    let rows = try Imported.collectives(Self.text + "\n" + text.joined(separator: "\n"))
    #expect(rows.map(\.collective) == [.allReduce, .allReduce, .allGather])
    #expect(rows.map(\.ranks) == [4, 4, 2] && rows.map(\.nodes) == [2, 2, 1])
    #expect(rows[2].other["redop"] == nil)
  }

  @Test func whatTheFileDoesNotSayIsAskedFor() throws {
    let bare = Self.text.split(separator: "\n").filter { !$0.contains("Rank") && !$0.contains("Collective") }
      .joined(separator: "\n")
    #expect(
      Imported.failure(bare).contains("the file does not say the collective; give --collective, one of all_reduce"))
    #expect(
      Imported.failure(bare, ImportOptions(device: "g", collective: .allReduce))
        .contains("the file does not say the number of ranks; give --ranks"))
    #expect(
      Imported.failure(bare, ImportOptions(collective: .allReduce, ranks: 4)).contains("give --device NAME"))
    let table = try ForeignTable(
      text: bare, file: "f", options: ImportOptions(device: "g", collective: .allReduce, ranks: 4))
    #expect(table.notes.count == 1 && !table.csv().contains("nodes"))
  }

  @Test(arguments: [
    // Eight ranks would have busbw 1.75·algbw.
    (ImportOptions(ranks: 8), "f:14: the number of ranks is 4 in the file; the command line says 8"),
    (ImportOptions(nodes: 1), "f:14: the number of nodes is 2 in the file; the command line says 1"),
    (ImportOptions(collective: .broadcast), "f:14: the collective is all_reduce in the file"),
  ])
  func contradictionsAreErrors(options: ImportOptions, message: String) {
    #expect(Imported.failure(Self.text, options).hasPrefix(message))
  }

  @Test func theBandwidthsTellTheRanksAndTheUnit() {
    let bare = Self.text.split(separator: "\n").filter { !$0.contains("Rank") }.joined(separator: "\n")
    let wrongRanks = Imported.failure(bare, ImportOptions(device: "g", ranks: 8))
    #expect(wrongRanks.contains("busbw does not fit the row's other figures, which give 27.9"), "\(wrongRanks)")
    let milliseconds = Self.text.split(separator: "65.54").joined(separator: "0.065")
    #expect(Imported.failure(milliseconds).contains(":65: algbw does not fit"), "\(Imported.failure(milliseconds))")
  }

  @Test(arguments: [
    ("(us)", "(ms)", "the unit (ms) is not known"),
    ("redop", "colour", "column colour is not known"),
    (" time ", "cputime", "cputime is the CPU's time"),
    ("all_reduce_perf", "hypercube_perf", "the program is hypercube_perf_mpi"),
    ("20.48", "  nan", "time is nan; a number above 0 is expected"),
    ("  262144     float", "  262144          ", "the row has 12 fields; the header above has 13"),
    ("NVIDIA A100-SXM4-80GB", "", "does not name the device"),
  ])
  func whatIsNotKnownIsAnError(_ right: String, _ wrong: String, _ message: String) {
    let text = Self.text.components(splitBy: right).joined(separator: wrong)
    #expect(Imported.failure(text, ImportOptions()).contains(message), "\(Imported.failure(text, ImportOptions()))")
  }

  @Test func wrongResultsAreLeftOut() throws {
    let text = Self.text.split(separator: "24.00       0").joined(separator: "24.00       7")
    #expect(try Imported.leftOut(text) == ["1 row left out: its result was wrong (first in line 15)"])
  }
}

extension String {
  /// The parts between occurrences of a text, empty ones too.
  func components(splitBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
