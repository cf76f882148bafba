import ForeignTables
import Testing

@Suite struct ForeignFormatTests {
  @Test(arguments: [
    ("#       size         count      type   redop    root     time   algbw   busbw", ForeignFormat.ncclTests),
    ("{\n  \"version\": 2, \"nccl_version\": 22903", .ncclTestsJSON),
    ("CSV Results:\n\nProblem,Provider,OperationKind,Operation,m,n,k,Runtime,GB/s,GFLOPs", .cutlassProfiler),
    ("rocBLAS info\ntransA,transB,M,N,K,alpha,lda,beta,ldb,ldc,rocblas-Gflops,us", .rocblasBench),
    ("transA,transB,M,N,K,alpha,lda,ldb,beta,ldc,hipblas-Gflops,us", .rocblasBench),
    ("[0]:transA,transB,grouped_gemm,m,n,k,hipblaslt-Gflops,hipblaslt-GB/s,us", .hipblasltBench),
    ("framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency", .aiconfigurator),
    (AIConfiguratorCollectivesTests.header, .aiconfiguratorCollectives),
    ("allreduce_dtype,num_gpus,message_size,latency", .aiconfiguratorCollectives),
    ("time_stats.mlp_up_proj.min,time_stats.mlp_up_proj.median,n_embd,num_tokens", .vidurMLP),
    (",time_stats.all_reduce.min,time_stats.all_reduce.median,rank,num_workers,size", .vidurCollectives),
    ("  Times\n-----\n    m       n      k      a_t     b_t      precision        time (usec) ", .deepBench),
  ])
  func aHeaderTellsTheFormat(text: String, format: ForeignFormat) {
    #expect(ForeignFormat.detect(text) == format)
    #expect(ForeignFormat.detect(text.split(separator: "\n").joined(separator: "\r\n")) == format)
  }

  @Test(arguments: ["", "\n\n", "m,n,k\n1,2,3\n", "#\n# size\n"])
  func otherTextHasNone(text: String) {
    #expect(ForeignFormat.detect(text) == nil)
    let failure = Imported.failure(text)
    #expect(failure.hasPrefix("f: no line is the header of a known format; the formats are nccl-tests"))
  }

  @Test func everyFormatSaysWhatItIsKnownBy() {
    #expect(ForeignFormat.allCases.allSatisfy { !$0.mark.isEmpty })
    #expect(Set(ForeignFormat.allCases.map(\.mark)).count == ForeignFormat.allCases.count)
  }
}
