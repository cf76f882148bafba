import DataFiles
import ForeignTables
import Testing

@Suite struct NsightSummaryTests {
  static let text = """
    Processing [report.sqlite] with [cuda_gpu_kern_sum.py]...

    Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name
    60.0,6000,3,2000.0,2000.0,1900,2100,1.0,"void cutlass::Kernel2<cutlass_80_tensorop_bf16_gemm, 4>(T1::Params)"
    30.0,3000,1,3000.0,3000.0,3000,3000,0.0,ncclDevKernel_AllReduce_Sum_bf16_RING_LL
    10.0,1000,2,500.0,500.0,400,600,1.0,flash_fwd_kernel
    """

  @Test func kernelsAreTakenByKind() throws {
    let step = try ProfiledStep(text: Self.text, file: "f")
    #expect(step.pieces.map(\.kind) == [.gemm, .collective, .attention] && step.pieces.map(\.count) == [3, 1, 2])
    #expect(isClose(step.seconds, 10e-6) && !step.hasShapes && step.pieces[0].name.hasSuffix(", 4>(T1::Params)"))
  }

  @Test func noRowsCanBeMadeOfIt() {
    #expect(Imported.failure(Self.text).contains("has no shapes: no row can be made of it"))
  }

  @Test(arguments: [
    ("3000,1,3000.0", "-3000,1,3000.0", "f:5:6: Total Time (ns) is -3000"),
    ("6000,3,", "6000,0,", "f:4:11: Instances is 0"),
    ("Total Time (ns)", "Total Time (us)", "has no column Total Time (ns); leave out --timeunit"),
    ("Instances", "Calls", "is no trace of PyTorch's profiler and no kernel summary of Nsight Systems"),
    ("0.0,ncclDev", "ncclDev", "f:5: has 8 fields; 9 are expected"),
  ])
  func whatIsWrongIsOneLine(_ right: String, _ wrong: String, _ message: String) {
    let text = Self.text.components(splitBy: right).joined(separator: wrong)
    do {
      _ = try ProfiledStep(text: text, file: "f")
      Issue.record("was read")
    } catch { #expect(error.description.contains(message), "\(error.description)") }
  }

  @Test(arguments: [
    ("nvjet_tst_128x256_64x4_2x1_v_bz_TNT", KernelKind.gemm),
    ("ncclDevKernel_SendRecv(ncclDevKernelArgsStorage)", .collective),
    ("void pytorch_flash::flash_fwd_kernel<Flash_fwd_kernel_traits>", .attention),
    ("void at::native::vectorized_layer_norm_kernel<float>", .norm),
    ("void at::native::elementwise_kernel<128, 2>", .elementwise), ("my_kernel", .other),
  ])
  func aNameTellsTheKind(_ name: String, _ kind: KernelKind) { #expect(KernelKind(kernel: name) == kind) }
}
