import DataFiles
import Foundation
import GEMMTiming
import SeededRandom
import Testing

@Suite struct TimingTableCSVTests {
  private func read(_ text: String) throws -> TimingTable {
    try TimingTable(CSVDocument(text: text, file: "t.csv"))
  }

  private func failure(_ text: String) -> String {
    do { return "read: \(try read(text))" } catch { return "\(error)" }
  }

  @Test func theRequiredColumnsAreEnough() throws {
    let table = try read("m,n,k,time_us,batch,device,dtype\n10,30,20,1.5,2,h100,bfloat16\n")
    let row = try #require(table.rows.first)
    #expect(row.shape == (try GEMMShape(m: 10, k: 20, n: 30, batch: 2)))
    #expect(row.seconds == 1.5e-6)
    #expect(row.device == "h100")
    #expect(row.dtype == .bf16)
    #expect(row.routine == .gemm)
    #expect(table.otherColumns.isEmpty)
  }

  /// Whole picoseconds come back to the last bit; fields are awkward; optional ones are there or not.
  @Test(arguments: 0..<100)
  func roundTrips(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    func time() -> Double { Double(Int.random(in: 1...1_000_000_000, using: &random)) * 1e-6 * 1e-6 }
    func maybe<T>(_ value: @autoclosure () -> T) -> T? { Bool.random(using: &random) ? value() : nil }
    let other = ["library", "note, with comma"]
    let rows = try (0..<Int.random(in: 1...12, using: &random)).map { _ in
      let shape = try GEMMShape(
        m: Int.random(in: 1...GEMMShape.maximumExtent, using: &random), k: Int.random(in: 1...9999, using: &random),
        n: Int.random(in: 1...9999, using: &random), batch: Int.random(in: 1...64, using: &random))
      let interval = [time(), time()].sorted()
      var row = TimingRow(
        routine: TimingRow.Routine.allCases.randomElement(using: &random) ?? .gemm,
        device: ["host", "a \"b\", c", "é"].randomElement(using: &random) ?? "host",
        dtype: DataType.allCases.randomElement(using: &random) ?? .fp32, shape: shape, seconds: time(),
        low: maybe(interval[0]), high: maybe(interval[1]), minimum: maybe(time()), samples: maybe(12),
        threads: maybe(2), cache: maybe(.cold))
      for column in other { row.other[column] = maybe("x\n\"y\"") }
      return row
    }
    let table = TimingTable(rows: rows, otherColumns: other)
    let back = try read(table.csv())
    #expect(back.otherColumns == other)
    #expect(back.rows.count == rows.count)
    func isClose(_ a: Double?, _ b: Double?) -> Bool {
      guard let a, let b else { return a == nil && b == nil }
      return abs(a - b) <= 0.51e-12 + b * 1e-15
    }
    for (read, written) in zip(back.rows, rows) {
      #expect(isClose(read.seconds, written.seconds))
      #expect(isClose(read.low, written.low) && isClose(read.high, written.high))
      #expect(isClose(read.minimum, written.minimum))
      var same = read
      (same.seconds, same.low, same.high) = (written.seconds, written.low, written.high)
      same.minimum = written.minimum
      #expect(same == written)
    }
    // What was read once is printed the same again.
    #expect(try read(back.csv()).csv() == back.csv())
  }

  @Test func aFileIsWrittenAndRead() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).csv").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = "device,dtype,m,k,n,batch,time_us,routine,cpu\nhost,fp32,1,2,3,1,4.000000,gemm,Zen\n"
    let table = try read(text)
    try table.write(to: path)
    #expect(try TimingTable(contentsOf: path) == table)
    #expect(try TextFile.read(path) == text)
  }

  @Test func columnsThatNoRowHasAreLeftOut() throws {
    let table = try read("device,dtype,m,k,n,batch,time_us,threads,time_lo_us\nhost,fp32,1,2,3,1,4,,\n")
    #expect(table.csv() == "device,dtype,m,k,n,batch,time_us,routine\nhost,fp32,1,2,3,1,4.000000,gemm\n")
  }

  @Test(arguments: TimingTable.requiredColumns)
  func aMissingColumnIsNamed(column: String) {
    let left = TimingTable.requiredColumns.filter { $0 != column }
    #expect(
      failure(left.joined(separator: ",") + "\n1,2,3,4,5,6\n")
        == "t.csv:1: column \(column) is missing; the header has \(left.joined(separator: ","))")
  }

  @Test func aTableWithoutRowsIsRefused() {
    #expect(failure("device,dtype,m,k,n,batch,time_us\n") == "t.csv: has no rows; add measured rows")
  }

  /// Each wrong field on line 3 of a good table: the place, what is wrong, what would be right.
  @Test(arguments: [
    ("device", "", 1, "device is empty; the name of what was measured is expected"),
    ("dtype", "fp12", 6, "dtype is fp12; one of fp32, tf32, fp16, bf16, fp8, int8, fp64 is expected"),
    ("dtype", "", 6, "dtype is empty; one of fp32, tf32, fp16, bf16, fp8, int8, fp64 is expected"),
    ("m", "0", 11, "m is 0; a whole number from 1 to 1099511627776 is expected"),
    ("m", "-4", 11, "m is -4; a whole number from 1 to 1099511627776 is expected"),
    ("m", "1099511627777", 11, "m is 1099511627777; a whole number from 1 to 1099511627776 is expected"),
    ("m", "99999999999999999999", 11, "m is 99999999999999999999; a whole number from 1 to 1099511627776 is expected"),
    ("k", "2.5", 13, "k is 2.5; a whole number from 1 to 1099511627776 is expected"),
    ("n", "", 15, "n is empty; a whole number from 1 to 1099511627776 is expected"),
    ("batch", "x", 17, "batch is x; a whole number from 1 to 1099511627776 is expected"),
    ("time_us", "", 19, "time_us is empty; a time in microseconds is expected"),
    ("time_us", "0", 19, "time_us is 0; a number of microseconds above 0 is expected"),
    ("time_us", "-1", 19, "time_us is -1; a number of microseconds above 0 is expected"),
    ("time_us", "nan", 19, "time_us is nan; a number of microseconds above 0 is expected"),
    ("time_us", "inf", 19, "time_us is inf; a number of microseconds above 0 is expected"),
    ("time_us", "1,5", 19, "time_us is 1,5; a number of microseconds above 0 is expected"),
    ("time_us", "0x10", 19, "time_us is 0x10; a number of microseconds above 0 is expected"),
    ("time_us", ".5", 19, "time_us is .5; a number of microseconds above 0 is expected"),
    ("time_us", "1e-320", 19, "time_us is 1e-320; from 0.000001 to 1e15 microseconds are expected"),
    ("time_us", "0.00000049", 19, "time_us is 0.00000049; from 0.000001 to 1e15 microseconds are expected"),
    ("time_us", "2e15", 19, "time_us is 2e15; from 0.000001 to 1e15 microseconds are expected"),
    ("m", "005", 11, "m is 005; a whole number from 1 to 1099511627776 is expected"),
    ("m", "+5", 11, "m is +5; a whole number from 1 to 1099511627776 is expected"),
    (
      "device", "=1+2", 1,
      "device =1+2 begins with =, which spreadsheets take for a formula; a name of up to 200 characters that begins with a letter or digit is expected"
    ),
    (
      "routine", "spmm", 21,
      "routine is spmm; one of gemm, copy, axpy, layer_norm, rms_norm, softmax, gelu, swiglu, rotary, residual is expected"
    ),
    ("time_lo_us", "fast", 26, "time_lo_us is fast; a number of microseconds above 0 is expected"),
    ("time_lo_us", "9", 26, "time_lo_us is above time_hi_us; the ends of an interval are expected"),
    ("time_hi_us", "0", 28, "time_hi_us is 0; a number of microseconds above 0 is expected"),
    ("time_min_us", "?", 30, "time_min_us is ?; a number of microseconds above 0 is expected"),
    ("samples", "0", 32, "samples is 0; a whole number above 0 is expected"),
    ("threads", "two", 35, "threads is two; a whole number above 0 is expected"),
    ("cache", "warm", 37, "cache is warm; one of hot, cold, sequence is expected"),
    ("trans_b", "no", 43, "trans_b is no; 0 or 1 is expected"),
  ])
  func aWrongFieldIsPointedAt(column: String, text: String, place: Int, message: String) throws {
    let header = TimingTable.requiredColumns + TimingTable.knownColumns.dropFirst(TimingTable.requiredColumns.count)
    let good = ["host", "fp32", "1", "2", "3", "4", "5", "gemm", "4", "6", "3", "10", "1", "hot", "0", "1"]
    #expect(try read(CSVDocument.serialize(header: header, rows: [good])).rows.count == 1)
    var bad = good
    bad[try #require(header.firstIndex(of: column))] = text
    #expect(failure(CSVDocument.serialize(header: header, rows: [good, bad])) == "t.csv:3:\(place): \(message)")
  }

  @Test func microsecondsAreFixedPoint() {
    #expect(TimingTable.microseconds(1.5e-6) == "1.500000")
    #expect(TimingTable.microseconds(3600) == "3600000000.000000")
    #expect(TimingTable.microseconds(1e-12) == "0.000001")
  }
}
