/// The columns of rocblas-bench and hipblaslt-bench.
///
/// ROCm/rocBLAS and ROCm/hipBLASLt `clients/common`: `argument_model` writes the names, with what a tuning run or the
/// monitor of performance (`HIPBLASLT_BENCH_EFF`, `…_FREQ`) adds.
enum ROCmColumns {
  static func isKnown(_ name: String) -> Bool { names.contains(name) }

  private static let names: Set<String> = [
    "function", "transA", "transB", "grouped_gemm", "batch_count", "Batch_Count", "M", "N", "K", "m", "n", "k", "alpha",
    "lda", "stride_a", "beta", "ldb", "stride_b", "ldc", "stride_c", "ldd", "stride_d", "a_type", "b_type", "c_type",
    "d_type", "compute_type", "scale_type", "scaleA", "scaleB", "scaleC", "scaleD", "amaxD", "swizzle_a", "swizzle_b",
    "activation_type", "bias_vector", "bias_type", "aux_type", "rotating_buffer", "flush", "use_gpu_timer", "splitK",
    "wgm", "cold_iters", "hot_iters", "algo", "solution_index", "flags", "rocblas-Gflops", "rocblas-GB/s",
    "hipblas-Gflops", "hipblas-GB/s", "hipblaslt-Gflops", "hipblaslt-GB/s", "us", "us#2", "CPU-Gflops", "CPU-us",
    "CPU-Gflops(us)", "norm-error", "norm_error", "norm_error_1", "norm_error_2", "atol", "rtol",
    // The tool's own spelling.
    "soulution_index",
    "efficiency", "Total Granularity", "Tiles Per-CU", "Tile-0 Granularity", "Tile-1 Granularity", "CU granularity",
    "Wave granularity", "#CU's", "mem-read-bytes", "mem-write-bytes", "total_gran", "tiles_per_cu", "num_cu's",
    "tile_0_granularity", "tile_1_granularity", "cu_gran", "wave_gran", "mem_read_bytes", "mem_write_bytes",
  ]
}
