import ForeignTables
import GEMMTiming
import Testing

@Suite struct NCCLTestsJSONTests {
  static let text = """
    {"version":2,"start_time":"2025-11-02 10:00:00","args":["./build/alltoall_perf","-g","2"],"env":["A=b"],"nccl_version":22807,
    "config":{"nthreads":1,"ngpus":2,"devices":[
    {"rank":0,"group":0,"pid":7,"hostname":"node-a","device":0,"device_hex":"0000:14:00","device_info":"NVIDIA H100 80GB HBM3"},
    {"rank":1,"group":0,"pid":7,"hostname":"node-a","device":1,"device_hex":"0000:19:00","device_info":"NVIDIA H100 80GB HBM3"}]},
    "results":[
    {"size":2097152,"count":262144,"type":"float","redop":"none","root":"    -1",
     "out_of_place":{"time":20.971520,"alg_bw":100.000000,"bus_bw":50.000000,"nwrong":null},
     "in_place":{"time":41.943040,"alg_bw":50.000000,"bus_bw":25.000000,"nwrong":0.000000},
     "actual_iterations":20,"experiment_name":""}],
    "out_of_bounds":{"count":0,"okay":"true"}}
    """

  @Test func theReportIsRead() throws {
    let row = try #require(try Imported.collectives(Self.text, ImportOptions(device: "h100-sxm-80gb")).first)
    #expect(row.device == "h100-sxm-80gb" && row.collective == .allToAll && row.ranks == 2 && row.nodes == 1)
    #expect(row.bytes == 2_097_152 && isClose(row.seconds, 20.97152e-6))
    #expect(row.other["source_device"] == "NVIDIA H100 80GB HBM3" && row.other["dtype"] == "float")
    let inPlace = try Imported.collectives(Self.text, ImportOptions(buffers: .inPlace))
    #expect(isClose(inPlace[0].seconds, 41.94304e-6) && inPlace[0].device == "NVIDIA H100 80GB HBM3")
  }

  @Test func ranksOfGroupsAndProcessesAloneAreSeen() throws {
    let groups = Self.text.components(splitBy: "\"rank\":1,\"group\":0").joined(separator: "\"rank\":0,\"group\":1")
    #expect(Imported.failure(groups).contains("1 row left out: one GPU took part"))
    let alone = Self.text.components(splitBy: "\"rank\":1,").joined(separator: "\"rank\":0,")
    #expect(Imported.failure(alone).hasPrefix("f:4:1: rank 0 stands twice: each process ran alone"))
    let wrong = Self.text.components(splitBy: "\"nwrong\":null").joined(separator: "\"nwrong\":3.0")
    #expect(Imported.failure(wrong).contains("1 row left out: its result was wrong"))
  }

  @Test(arguments: [
    ("\"size\":2097152", "\"size\":\"2M\"", "f:6:9: results[0].size is \"2M\"; a whole number is expected"),
    ("\"experiment_name\"", "\"colour\"", "f:9:34: key colour is not known"),
    ("\"time\":20.971520", "\"time\":\"nan\"", "f:7:25: results[0].out_of_place.time is \"nan\"; a number is expected"),
    ("\"time\":20.971520", "\"time\":0.020971", "algbw does not fit the row's other figures"),
    ("\"time\":20.971520", "\"cpu_time\":20.971520", "cpu_time is the CPU's time"),
    ("\"bus_bw\":50.000000", "\"bus_bw\":75.000000", "f:7:64: busbw does not fit the row's other figures"),
    ("alltoall_perf", "scatter_perf", "1 row left out: the program is ./build/scatter_perf, and"),
    ("\"results\"", "\"result\"", "results is missing"),
    ("\"start_time\"", "start_time", "is not JSON"),
  ])
  func whatIsNotKnownIsAnErrorAtItsPlace(_ right: String, _ wrong: String, _ message: String) {
    let failure = Imported.failure(Self.text.components(splitBy: right).joined(separator: wrong))
    #expect(failure.contains(message), "\(failure)")
  }
}
