import ForeignTables
import GEMMTiming
import Testing

@Suite struct AIConfiguratorCollectivesTests {
  static let header = "framework,version,device,op_name,kernel_source,nccl_dtype,num_gpus,message_size,latency"
  static let row = "TRTLLM,2.27.3,NVIDIA H100 80GB HBM3,all_gather,NCCL,half,4,4194304,0.0454"
  private static let custom =
    "framework,version,device,op_name,kernel_source,allreduce_dtype,num_gpus,message_size,latency,backend\n"
    + "vLLM,0.14.0,NVIDIA A100-SXM4-80GB,all_reduce,vLLM_custom_graph,bfloat16,8,4096,0.0123,vllm_graph\n"

  @Test func messagesAreElementsOfTheWholeAndLatencyIsMilliseconds() throws {
    let halves = try #require(try Imported.collectives("\(Self.header)\n\(Self.row)\n", ImportOptions()).first)
    #expect(halves.collective == .allGather && halves.ranks == 4 && halves.bytes == 8_388_608)
    #expect(isClose(halves.seconds, 45.4e-6) && halves.device == "NVIDIA H100 80GB HBM3" && halves.nodes == nil)
    #expect(halves.other["variant"] == "nccl-2.27.3:half")
    let bytes = Self.row.components(splitBy: "half").joined(separator: "int8")
    #expect(try Imported.collectives("\(Self.header)\n\(bytes)\n").map(\.bytes) == [4_194_304])
  }

  @Test func customAllReducesSayTheirLibrary() throws {
    let row = try #require(
      try Imported.collectives(Self.custom, ImportOptions(device: "a100-sxm-80gb", nodes: 1)).first)
    #expect(row.collective == .allReduce && row.ranks == 8 && row.bytes == 8192 && row.nodes == 1)
    #expect(row.device == "a100-sxm-80gb" && isClose(row.seconds, 12.3e-6))
    #expect(row.other["variant"] == "custom:vllm-0.14.0:vllm_graph")
    let tensorRT =
      "framework,version,op_name,kernel_source,allreduce_dtype,num_gpus,message_size,latency,implementation,power\n"
      + "TRTLLM,1.0.0,all_reduce,TRTLLM,float16,2,128,0.005,trtllm,301.5\n"
    let other = try #require(try Imported.collectives(tensorRT).first)
    #expect(other.other["variant"] == "custom:trtllm-1.0.0:trtllm" && other.other["power_w"] == "301.5")
  }

  @Test func theShortestHeadersAreRead() throws {
    let custom = "allreduce_dtype,num_gpus,message_size,latency\nhalf,2,512,0.01\n"
    #expect(try Imported.collectives(custom).map(\.collective) == [.allReduce])
    let plain = "nccl_dtype,num_gpus,message_size,latency\nhalf,2,512,0.01\n"
    #expect(Imported.failure(plain) == "f:2: the file does not say the collective; give --collective")
    let options = ImportOptions(device: "gpu", collective: .allToAll)
    #expect(try Imported.collectives(plain, options).map(\.collective) == [.allToAll])
  }

  @Test func otherOperationsAndSingleGPUsAreLeftOut() throws {
    let other = Self.row.components(splitBy: "all_gather").joined(separator: "gather")
    let alone = Self.row.components(splitBy: ",4,").joined(separator: ",1,")
    #expect(
      try Imported.leftOut([Self.header, Self.row, other, alone].joined(separator: "\n")) == [
        "1 row left out: the operation is gather, and has no word here (first in line 3)",
        "1 row left out: one GPU took part, and nothing was exchanged (first in line 4)",
      ])
  }

  @Test(arguments: [
    ("half", "int7", "f:2:53: nccl_dtype is int7; one of half, float16, bfloat16, float32, int8"),
    ("4194304", "0", "f:2:60: message_size is 0; a whole number from 1"),
    ("0.0454", "-1", "f:2:68: latency is -1; a number above 0 is expected"),
    ("latency", "latency,layer", "f:1:89: column layer is not known"),
  ])
  func whatIsNotKnownIsAnErrorAtItsPlace(_ right: String, _ wrong: String, _ message: String) {
    var text = "\(Self.header)\n\(Self.row)\n".components(splitBy: right).joined(separator: wrong)
    if wrong.contains("layer") { text = text.components(splitBy: "0.0454").joined(separator: "0.0454,x") }
    #expect(Imported.failure(text).hasPrefix(message), "\(Imported.failure(text))")
  }

  @Test func theCommandLineMustNotContradictTheFile() {
    let text = "\(Self.header)\n\(Self.row)\n"
    #expect(
      Imported.failure(text, ImportOptions(device: "gpu", collective: .allReduce))
        == "f:2:37: op_name is all_gather; the command line says all_reduce")
    #expect(Imported.failure(text, ImportOptions(device: "gpu", ranks: 8)).hasPrefix("f:2:58: num_gpus is 4"))
  }
}
