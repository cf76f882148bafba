import DataFiles
import GEMMTiming
import Testing

@Suite struct AttentionKernelTests {
  let folder: TemporaryFolder
  let table: String

  init() throws {
    folder = try TemporaryFolder()
    table = try folder.file("host.csv", PlantedHost.table().csv())
  }

  /// Seconds of a prompt whose attention is of that library.
  private func step(_ kernel: [String]) throws -> Double {
    let result = try BuiltCommand.run(
      [
        "estimate", "llama-3.1-8b", "--mode", "prefill", "--attention", "fused", "--seq", "512", "--batch", "1",
        "--format", "json", "--table", table,
      ] + kernel)
    #expect(result.status == 0, "\(result.diagnostics)")
    let report = try JSONDocument(text: result.output, file: "estimate").root
    if kernel.contains("serving") { #expect(result.output.contains("serving frameworks")) }
    return try report.required("totals").required("megatron").required("schedule").required("time_s").double()
  }

  @Test func servingFrameworksTakeLongerForShortPrompts() throws {
    let usual = try step([])
    #expect(try step(["--attention-kernel", "cudnn"]) == usual)
    let serving = try step(["--attention-kernel", "serving"])
    // 32 layers, each with a launch and a pass more.
    #expect(serving > usual + 32 * 5e-6 && serving < 1.2 * usual)
    #expect(try step(["--attention-kernel", "vllm"]) == serving)
  }

  @Test func rowsWithoutALibraryAreOfTheOneThatIsNamed() throws {
    let header = "device,dtype,batch,seq,heads,kv_heads,head_dim,step,time_us\n"
    let file = try folder.file("attention.csv", header + "h100-sxm-80gb,bf16,1,256,32,8,128,0,15\n")
    func predicted(_ kernel: [String]) throws -> Double {
      let result = try BuiltCommand.run(["validate", file, "--table", table, "--format", "csv"] + kernel)
      #expect(result.status == 0, "\(result.diagnostics)")
      let csv = try CSVDocument(text: result.output, file: "validate")
      return try #require(Double(csv.rows[0][csv.requiredColumn("predicted_us")]))
    }
    let serving = try predicted(["--attention-kernel", "serving"])
    #expect(try serving > predicted([]) + 5)
    let gemms = try folder.file("gemms.csv", "device,dtype,m,k,n,batch,time_us\nh100-sxm-80gb,bf16,64,64,64,1,5\n")
    let refused = try BuiltCommand.run(["validate", gemms, "--table", table, "--attention-kernel", "serving"])
    #expect(refused.status == 64 && refused.diagnostics.contains("has rows of gemm"))
  }

  @Test func whatNoRowOfTheKernelChecksIsSaid() throws {
    func isSaid(_ kernel: String) throws -> Bool {
      let result = try BuiltCommand.run([
        "estimate", "llama-3.1-8b", "--mode", "decode", "--attention", "fused", "--batch", "8", "--context", "4096",
        "--table", table, "--attention-kernel", kernel,
      ])
      // The first lines say which work no row of this device checks.
      let first = try #require(result.output.firstRange(of: "Model Configuration"))
      let said = result.output[..<first.lowerBound]
      #expect(said.contains("no row of this device checks"))
      return said.contains("fused attention")
    }
    #expect(try isSaid("serving"))
    #expect(try !isSaid("cudnn"))
  }

  @Test func whatTheDeviceFileDoesNotHaveIsSaid() throws {
    func run(_ device: String, _ kernel: String, _ attention: String) throws -> BuiltCommand.Result {
      try BuiltCommand.run([
        "estimate", "llama-3.1-8b", "--mode", "prefill", "--attention", attention, "--device", device, "--table", table,
        "--attention-kernel", kernel,
      ])
    }
    let unknown = try run("h100-sxm-80gb", "xformers", "fused")
    #expect(unknown.status == 65)
    #expect(unknown.diagnostics.contains("no fit of xformers's fused attention; it has cudnn, flash, serving"))
    let none = try run("t4", "cudnn", "fused")
    #expect(none.status == 65 && none.diagnostics.contains("it has none at all; leave the option out"))
    let unfused = try run("h100-sxm-80gb", "cudnn", "unfused")
    #expect(unfused.status == 64 && unfused.diagnostics.contains("add --attention fused"))
    let host = try run("host", "cudnn", "fused")
    #expect(host.status == 64 && host.diagnostics.contains("--device is host; --attention-kernel: of GPUs"))
  }
}
