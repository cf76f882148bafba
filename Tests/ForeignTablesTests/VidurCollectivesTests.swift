import ForeignTables
import GEMMTiming
import Testing

@Suite struct VidurCollectivesTests {
  static let header =
    ",time_stats.all_reduce.min,time_stats.all_reduce.max,time_stats.all_reduce.mean,time_stats.all_reduce.median,"
    + "time_stats.all_reduce.std,rank,num_workers,size,collective,devices_per_node,max_devices_per_node"
  static let text = """
    \(header)
    0,0.031,0.077,0.0503,0.043,0.0194,0,4,2048,all_reduce,2,8
    1,0.153,0.153,0.153,0.153,0.0,0,4,485376,all_reduce,4,8
    """

  @Test func mediansAreMillisecondsAndNodesFollowFromTheDevicesOnEach() throws {
    let rows = try Imported.collectives(Self.text)
    #expect(rows.map(\.bytes) == [2048, 485_376] && rows.map(\.ranks) == [4, 4] && rows.map(\.nodes) == [2, 1])
    #expect(isClose(rows[0].seconds, 43e-6) && isClose(rows[0].minimum, 31e-6) && isClose(rows[1].seconds, 153e-6))
    #expect(rows.allSatisfy { $0.collective == .allReduce && $0.device == "gpu" && $0.other == ["rank": "0"] })
  }

  @Test func sendsAreReadToo() throws {
    let text = Self.text.components(splitBy: "all_reduce").joined(separator: "send_recv")
    #expect(try Imported.collectives(text).map(\.collective) == [.sendReceive, .sendReceive])
  }

  @Test func withoutNodesAFewColumnsAreEnough() throws {
    let text = "time_stats.all_reduce.median,num_workers,size\n0.5,8,1024\n"
    let table = try ForeignTable(text: text, file: "f", options: ImportOptions(device: "g"))
    #expect(table.csv() == "device,collective,ranks,bytes,time_us\ng,all_reduce,8,1024,500.000000\n")
    #expect(table.notes.count == 1)
    let known = try ForeignTable(text: text, file: "f", options: ImportOptions(device: "g", nodes: 2))
    #expect(known.csv().contains(",nodes\ng,all_reduce,8,1024,500.000000,2\n") && known.notes.isEmpty)
  }

  @Test(arguments: [
    ImportOptions(device: "g", collective: .broadcast), ImportOptions(device: "g", ranks: 8),
    ImportOptions(device: "g", nodes: 4),
  ])
  func theCommandLineMustNotContradictTheFile(options: ImportOptions) {
    #expect(Imported.failure(Self.text, options).hasPrefix("f:2:"))
  }

  @Test(arguments: [
    ("4,2048,all_reduce,2", "4,2048,all_reduce,3", "f:2:55: devices_per_node is 3; a divisor of num_workers, 4"),
    ("2048,all_reduce", "2048,all_gather", "collective is all_gather; all_reduce is expected"),
    ("0.043", "0", "f:2:22: time_stats.all_reduce.median is 0; a number above 0"),
    ("2048", "2KiB", "size is 2KiB; a whole number"),
    (",rank,", ",colour,", "f:1:136: column colour is not known"),
    ("time_stats.all_reduce.std", "time_stats.all_gather.median", "the table has times of 2 collectives"),
  ])
  func whatIsNotKnownIsAnErrorAtItsPlace(_ right: String, _ wrong: String, _ message: String) {
    let failure = Imported.failure(Self.text.components(splitBy: right).joined(separator: wrong))
    #expect(failure.hasPrefix(message) || failure.contains(": " + message), "\(failure)")
  }
}
