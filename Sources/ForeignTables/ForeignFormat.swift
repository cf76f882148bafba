internal import DataFiles

/// The tools whose tables are understood.
///
/// Each is read by a file of its own in `Formats/`, which says where the meaning of its columns is documented.
public enum ForeignFormat: String, CaseIterable, Sendable {
  case ncclTests = "nccl-tests"
  case ncclTestsJSON = "nccl-tests-json"
  case cutlassProfiler = "cutlass-profiler"
  case rocblasBench = "rocblas-bench"
  case hipblasltBench = "hipblaslt-bench"
  case aiconfigurator
  case aiconfiguratorCollectives = "aiconfigurator-collectives"
  case vidurMLP = "vidur-mlp"
  case vidurCollectives = "vidur-all-reduce"
  case deepBench = "deepbench"
  case kineto
  case nsightKernels = "nsight-kernels"

  /// What its header is known by.
  public var mark: String {
    switch self {
    case .ncclTests: "# size count type … algbw busbw"
    case .ncclTestsJSON: "a JSON object with nccl_version and results"
    case .cutlassProfiler: "Problem,Provider,OperationKind,…,Runtime"
    case .rocblasBench: "transA,transB,M,N,K,…,rocblas-Gflops,us"
    case .hipblasltBench: "transA,transB,…,hipblaslt-Gflops,…,us"
    case .aiconfigurator: "gemm_dtype,m,n,k,latency"
    case .aiconfiguratorCollectives: "nccl_dtype or allreduce_dtype,num_gpus,message_size,latency"
    case .vidurMLP: "time_stats.mlp_up_proj.median,…,num_tokens"
    case .vidurCollectives: "time_stats.all_reduce.median,…,num_workers,size"
    case .deepBench: "m n k a_t b_t … time (usec)"
    case .kineto: "a JSON object with traceEvents"
    case .nsightKernels: "Time (%),Total Time (ns),Instances,…,Name"
    }
  }

  /// The format whose header a text has: the first line that any format knows decides.
  ///
  /// What launchers put in front of lines is seen through. O(size of the text).
  ///
  /// - Returns: nil when no line is a header.
  public static func detect(_ text: String) -> ForeignFormat? {
    if let kind = JSONKind(text) {
      if NCCLTestsJSON.isReport(kind) { return .ncclTestsJSON }
      return Kineto.isTrace(kind) ? .kineto : nil
    }
    for line in text.split(whereSeparator: \.isNewline) {
      if let format = allCases.first(where: { $0.reader.headerStart(line) != nil }) { return format }
    }
    return nil
  }

  var reader: any FormatReader.Type {
    switch self {
    case .ncclTests: NCCLTests.self
    case .ncclTestsJSON: NCCLTestsJSON.self
    case .cutlassProfiler: CUTLASSProfiler.self
    case .rocblasBench: ROCBLASBench.self
    case .hipblasltBench: HIPBLASLtBench.self
    case .aiconfigurator: AIConfigurator.self
    case .aiconfiguratorCollectives: AIConfiguratorCollectives.self
    case .vidurMLP: VidurMLP.self
    case .vidurCollectives: VidurCollectives.self
    case .deepBench: DeepBench.self
    case .kineto: Kineto.self
    case .nsightKernels: NsightSummary.self
    }
  }
}

/// What reads one format.
protocol FormatReader {
  /// Where the format's header begins in a line; nil for a line without one.
  ///
  /// What stands before it is what a launcher or log put in front.
  static func headerStart(_ line: Substring) -> Substring.Index?

  /// Reads a whole file of the format.
  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable
}
