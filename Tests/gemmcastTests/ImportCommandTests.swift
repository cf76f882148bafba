import DataFiles
import Foundation
import GEMMTiming
import Testing

@Suite struct ImportCommandTests {
  let folder: TemporaryFolder
  static let gemms = """
    framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency
    VLLM,0.11.0,NVIDIA H100 80GB HBM3,gemm,torch,bfloat16,1024,4096,512,0.0125
    VLLM,0.11.0,NVIDIA H100 80GB HBM3,gemm,torch,nvfp4,1024,4096,512,0.0100

    """

  init() throws { folder = try TemporaryFolder() }

  @Test func aTableComesOutAndLeftOutRowsAreCountedOnStandardError() throws {
    let file = try folder.file("gemm_perf.txt", Self.gemms)
    let result = try BuiltCommand.run(["import", file, "--device", "h100-sxm-80gb"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let table = try TimingTable(CSVDocument(text: result.output, file: "out"))
    #expect(table.rows.map(\.device) == ["h100-sxm-80gb"])
    #expect(table.rows.map(\.shape) == [try GEMMShape(m: 1024, k: 512, n: 4096)])
    #expect(abs(table.rows[0].seconds - 12.5e-6) < 1e-15)
    #expect(
      result.diagnostics
        == "gemmcast: warning: \(file): 1 row left out: nvfp4 has no counterpart here (first in line 3)\n")
  }

  @Test func collectivesGoToAFile() throws {
    let file = try folder.file(
      "all_reduce.csv", "time_stats.all_reduce.median,num_workers,size,devices_per_node\n0.5,8,1024,8\n")
    let output = folder.url("out.csv").path
    let result = try BuiltCommand.run([
      "import", file, "--from", "vidur-all-reduce", "--device", "a100-sxm-80gb", "--output", output,
    ])
    #expect(result.status == 0 && result.output.isEmpty && result.diagnostics.isEmpty, "\(result.diagnostics)")
    #expect(
      try String(contentsOfFile: output, encoding: .utf8)
        == "device,collective,ranks,bytes,time_us,nodes\na100-sxm-80gb,all_reduce,8,1024,500.000000,1\n")
  }

  @Test(arguments: [
    ("", [], 65, "f.txt: no line is the header of a known format"),
    ("gemm_dtype,m,n,k,latency\nbfloat16,1,2,x,0.5\n", ["--device", "g"], 65, "f.txt:2:14: k is x"),
    ("gemm_dtype,m,n,k,latency\nbfloat16,1,2,3,0.5\n", [], 65, "give --device NAME"),
    (
      "gemm_dtype,m,n,k,latency,zz\nbfloat16,1,2,3,0.5,1\n", ["--device", "g"], 65, "f.txt:1:26: column zz is not known"
    ),
    ("gemm_dtype,m,n,k,latency\nbfloat16,1,2,3,0.5\n", ["--from", "csv"], 64, "csv"),
    ("gemm_dtype,m,n,k,latency\nbfloat16,1,2,3,0.5\n", ["--from", "deepbench"], 65, "has no header of this format"),
    ("gemm_dtype,m,n,k,latency\nbfloat16,1,2,3,0.5\n", ["--ranks", "0"], 64, "--ranks is 0"),
    (
      "gemm_dtype,m,n,k,latency\nbfloat16,1,2,3,0.5\n", ["--device", "g", "--output", "/nowhere/x"], 73, "/nowhere/x"
    ),
  ])
  func badInputIsOneLineAndACode(_ text: String, _ options: [String], _ status: Int32, _ message: String) throws {
    let file = try folder.file("f.txt", text)
    let result = try BuiltCommand.run(["import", file] + options)
    #expect(result.status == status, "\(result.diagnostics)")
    #expect(result.diagnostics.contains(message), "\(result.diagnostics)")
    #expect(result.output.isEmpty)
  }

  @Test func aMissingFileIsNoInput() throws {
    let result = try BuiltCommand.run(["import", "nowhere.txt"])
    #expect(result.status == 66 && result.diagnostics.contains("nowhere.txt"))
  }

  @Test func anIgnoredColumnIsLeftAside() throws {
    let file = try folder.file("f.txt", "gemm_dtype,m,n,k,latency,zz\nbfloat16,1,2,3,0.5,1\n")
    let result = try BuiltCommand.run(["import", file, "--device", "g", "--ignore-column", "zz"])
    #expect(result.status == 0 && !result.output.contains("zz"), "\(result.diagnostics)")
  }
}
