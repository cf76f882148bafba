import ForeignTables
import GEMMTiming
import Testing

@Suite struct DeepBenchTests {
  static let text = """
                      Running training benchmark
                             Times
    ----------------------------------------------------------------------------------------
        m       n      k      a_t     b_t      precision        time (usec)
       1760     16   1024      0      0        float          180
       5124   9124   2560      n      t         half         2470
    """

  @Test func extentsAreInTheToolsOrder() throws {
    let rows = try Imported.gemms(Self.text)
    #expect(
      rows.map(\.shape) == [try GEMMShape(m: 1760, k: 1024, n: 16), try GEMMShape(m: 5124, k: 2560, n: 9124)])
    #expect(rows.map(\.dtype) == [.fp32, .fp16] && rows.map { $0.other["layout"] } == ["nn", "nt"])
    #expect(isClose(rows[0].seconds, 180e-6) && isClose(rows[1].seconds, 2470e-6))
  }

  @Test func olderBuildsNameNoPrecision() throws {
    let text =
      "    m       n      k      a_t     b_t      time (usec) \n   1760     16   1024      t      n          180\n"
    #expect(Imported.failure(text).hasPrefix("f:2: the table does not name the element type; give --dtype"))
    #expect(try Imported.gemms(text, ImportOptions(device: "g", dtype: .fp32)).map(\.dtype) == [.fp32])
  }

  @Test func ratesMustFitTheTimes() throws {
    let header = "    m       n      k      a_t     b_t       precision    time(us)   gflops\n"
    #expect(try Imported.gemms(header + " 1000 200 500 n n float 100 2000\n").count == 1)
    #expect(
      Imported.failure(header + " 1000 200 500 n n float 100 2\n")
        .hasPrefix("f:2:29: gflops does not fit the row's other figures, which give 2000"))
  }

  @Test func paddedAndUnsupportedRows() throws {
    let text = """
      m n k a_t b_t precision time (usec)  pad_kerenels
      35 8457 2560 0 0 int8 200 1
      36 8457 2560 0 0 int8 Not Supported 0
      4 4 4 0 0 int8 0 0
       Total kernels padded: 1
       Total kernels: 93
      """
    #expect(try Imported.gemms(text).map { $0.other["padded"] } == ["1"])
    #expect(
      try Imported.leftOut(text) == [
        "1 row left out: it is not supported (first in line 3)",
        "1 row left out: its time is below the resolution of 1 µs (first in line 4)",
      ])
  }

  @Test(arguments: [
    ("(usec)", "(ms)", "column time (ms) is not known"),
    ("precision", "sparsity", "f:4:44: column sparsity is not known"),
    ("float", "double", "f:5:44: precision is double; float, half or int8 is expected"),
    ("1024      0 ", "1024      x ", "a_t is x; 0, 1, n or t is expected"),
    ("  180", "  1.8.0", "time (usec) is 1.8.0; a number above 0"),
    ("float  ", "float 7", "the row has 8 fields; the header above it has 7"),
  ])
  func whatIsNotKnownIsAnErrorAtItsPlace(_ right: String, _ wrong: String, _ message: String) {
    let failure = Imported.failure(Self.text.components(splitBy: right).joined(separator: wrong))
    #expect(failure.hasPrefix(message) || failure.contains(": " + message), "\(failure)")
  }
}
