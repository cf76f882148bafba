import ForeignTables
import GEMMTiming
import Testing

@Suite struct AIConfiguratorTests {
  static let header = "framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency"
  static let row = "TRTLLM,1.2.0,NVIDIA H200 SXM,gemm,torch_flow,bfloat16,1024,4096,512,0.234"

  @Test func latencyIsMillisecondsAndNStandsBeforeK() throws {
    let row = try #require(try Imported.gemms("\(Self.header)\n\(Self.row)\n", ImportOptions()).first)
    #expect(row.shape == (try GEMMShape(m: 1024, k: 512, n: 4096)) && row.dtype == .bf16)
    #expect(isClose(row.seconds, 234e-6) && row.device == "NVIDIA H200 SXM")
    #expect(row.other["library"] == "TRTLLM" && row.other["version"] == "1.2.0" && row.other["kernel"] == "torch_flow")
  }

  @Test func theShortHeaderAndThePowerColumnsAreKnown() throws {
    #expect(try Imported.gemms("gemm_dtype,m,n,k,latency\nfp8,1,2,3,0.5\n").map(\.dtype) == [.fp8])
    let text = "\(Self.header),power,power_limit\n\(Self.row),523.4,700.0\n"
    #expect(try Imported.gemms(text).first?.other["power_w"] == "523.4")
  }

  @Test func oneGivenNameStandsForOneDevice() throws {
    let text = "\(Self.header)\n\(Self.row)\n\(Self.row)\n"
    let rows = try Imported.gemms(text, ImportOptions(device: "h200-sxm-141gb"))
    #expect(rows.map(\.device) == ["h200-sxm-141gb", "h200-sxm-141gb"])
    #expect(rows[0].other["source_device"] == "NVIDIA H200 SXM")
    let two = text + Self.row.components(splitBy: "H200 SXM").joined(separator: "H100 SXM") + "\n"
    #expect(try Imported.gemms(two, ImportOptions()).count == 3)
    let contradiction =
      "f:4:14: the device is NVIDIA H100 SXM, and NVIDIA H200 SXM above; "
      + "--device gpu can stand for one of them; split the file"
    #expect(Imported.failure(two) == contradiction)
    let unnamed = "gemm_dtype,m,n,k,latency\nfp8,1,2,3,0.5\n"
    #expect(Imported.failure(unnamed, ImportOptions()).contains("give --device NAME"))
  }

  @Test func aGivenTypeMustNotContradictTheFile() throws {
    let text = "\(Self.header)\n\(Self.row)\n"
    #expect(try Imported.gemms(text, ImportOptions(dtype: .bf16)).count == 1)
    #expect(
      Imported.failure(text, ImportOptions(dtype: .fp16))
        == "f:2: the element type is bf16 in the file, fp16 on the command line; "
        + "give --dtype only where the file names no type")
  }

  @Test func quantizedAndOtherOperationsAreLeftOut() throws {
    let rows = ["fp8_block", "nvfp4", "fp8_block"].map {
      Self.row.components(splitBy: "bfloat16").joined(separator: $0)
    }
    let moe = Self.row.components(splitBy: ",gemm,").joined(separator: ",moe,")
    #expect(
      try Imported.leftOut(([Self.header, Self.row] + rows + [moe]).joined(separator: "\n")) == [
        "2 rows left out: fp8_block has no counterpart here (first in line 3)",
        "1 row left out: nvfp4 has no counterpart here (first in line 4)",
        "1 row left out: the operation is moe, not gemm (first in line 6)",
      ])
  }

  @Test(arguments: [
    ("bfloat16", "float15", "f:2:46: gemm_dtype is float15; one of float16, bfloat16"),
    ("1024", "-1", "f:2:55: m is -1; a whole number from 1"),
    ("0.234", "0", "f:2:69: latency is 0; a number above 0 is expected"),
    ("0.234", "0.234,1", "f:2: the row has 11 fields; the header has 10"),
    ("latency", "latency,layer", "f:1:73: column layer is not known"),
  ])
  func whatIsNotKnownIsAnErrorAtItsPlace(_ right: String, _ wrong: String, _ message: String) {
    var text = "\(Self.header)\n\(Self.row)\n".components(splitBy: right).joined(separator: wrong)
    if wrong.contains("layer") { text = text.components(splitBy: "0.234").joined(separator: "0.234,x") }
    #expect(Imported.failure(text).hasPrefix(message), "\(Imported.failure(text))")
  }

  @Test func anUnknownColumnCanBeIgnored() throws {
    let text = "gemm_dtype,m,n,k,latency,layer\nfp8,1,2,3,0.5,x\n"
    #expect(try Imported.gemms(text, ImportOptions(device: "g", ignoredColumns: ["layer"])).count == 1)
  }
}
