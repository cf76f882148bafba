"""Inputs that gemmcast reads, one a kind, with the command that reads it; small, so that a run takes a moment."""

import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def host_table():
    """Times of a machine with a peak, a bandwidth and a fixed cost."""
    rows = ["device,dtype,m,k,n,batch,time_us,routine,time_lo_us,time_hi_us,samples,threads,cache"]

    def row(routine, m, k, n, time):
        rows.append(
            f"planted,fp32,{m},{k},{n},1,{time:.6f},{routine},{time * 0.999:.6f},{time * 1.001:.6f},20,1,hot")

    for m in (4, 96, 700):
        for k in (16, 300):
            for n in (8, 256, 1500):
                row("gemm", m, k, n, 1 + 2 * m * k * n / 1e5 + 4 * (m * k + k * n + m * n) / 2e4)
    for power in range(10, 26, 3):
        row("copy", 1 << power, 1, 1, 8 * (1 << power) / 2e4)
        row("axpy", 1 << power, 1, 1, 12 * (1 << power) / 2e4)
    return "\n".join(rows) + "\n"


CONFIG = json.dumps(
    {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 1024, "intermediate_size": 2816,
        "num_hidden_layers": 4, "num_attention_heads": 16, "num_key_value_heads": 4, "head_dim": 64,
        "vocab_size": 32000, "max_position_embeddings": 4096, "hidden_act": "silu", "rms_norm_eps": 1e-5,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", "rope_theta": 10000.0,
        "_name_or_path": "example/tiny-llama",
    }, indent=1)

NCCL = """# nccl-tests version 2.17.6 nccl-headers=22807 nccl-library=22807
# Collective test starting: all_reduce_perf
# nThread 1 nGpus 2 minBytes 1024 maxBytes 1048576 step: 1024(factor) warmup iters: 1 iters: 20 agg iters: 1
#
# Using devices
#  Rank  0 Group  0 Pid    912 on     node-a device  0 [0000:14:00] NVIDIA A100-SXM4-80GB
#  Rank  1 Group  0 Pid    912 on     node-a device  1 [0000:19:00] NVIDIA A100-SXM4-80GB
#
#                                                              out-of-place                       in-place
#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)
        1024           256     float     sum      -1    20.48    0.05    0.05       0    19.00    0.05    0.05       0
     1048576        262144     float     sum      -1    65.54   16.00   16.00       0    60.00   17.48   17.48       0
# Out of bounds values : 0 OK
# Avg bus bandwidth    : 8.0
"""

NCCL_JSON = json.dumps(
    {
        "version": 2, "start_time": "2025-11-02 10:00:00", "args": ["alltoall_perf", "-g", "2"], "env": [],
        "nccl_version": 22807,
        "config": {
            "nthreads": 1, "ngpus": 2,
            "devices": [
                {"rank": rank, "group": 0, "pid": 7, "hostname": "a", "device": rank, "device_hex": "0000:14:00",
                 "device_info": "NVIDIA H100"} for rank in (0, 1)
            ],
        },
        "results": [
            {"size": 2097152, "count": 262144, "type": "float", "redop": "none", "root": "-1",
             "out_of_place": {"time": 20.97152, "alg_bw": 100.0, "bus_bw": 50.0, "nwrong": None},
             "in_place": {"time": 41.94304, "alg_bw": 50.0, "bus_bw": 25.0, "nwrong": 0.0},
             "actual_iterations": 20, "experiment_name": ""}
        ],
        "out_of_bounds": {"count": 0, "okay": "true"},
    }, indent=1)

DEEPBENCH = """    m       n      k      a_t     b_t      precision        time (usec)
   1760     16   1024      0      0        float          180
   5124   9124   2560      n      t         half         2470
"""

ROCBLAS = """transA,transB,M,N,K,alpha,lda,beta,ldb,ldc,rocblas-Gflops,us
N,T,4000,500,2000,1,4000,0,500,4000, 80000, 100
"""

HIPBLASLT = """hipBLASLt version: 1500
[0]:transA,transB,grouped_gemm,batch_count,m,n,k,alpha,lda,stride_a,beta,ldb,stride_b,ldc,stride_c,ldd,stride_d,a_type,b_type,c_type,d_type,compute_type,hipblaslt-Gflops,us
    N,N,0,2,3584,512,2048,1,3584,7340032,0,2048,1048576,3584,1835008,3584,1835008,bf16_r,bf16_r,bf16_r,bf16_r,f32_r,150323.8,100
"""

AICONFIGURATOR = """framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency
x,1,NVIDIA H100,gemm,y,float16,64,128,256,0.01
x,1,NVIDIA H100,gemm,y,fp8,128,4096,4096,0.02
"""

CUTLASS = """CSV Results:

Problem,Provider,OperationKind,Operation,Disposition,Status,gemm_kind,m,n,k,A,B,C,D,alpha,beta,split_k_mode,split_k_slices,batch_count,op_class,accum,Bytes,Flops,Flops/Byte,Runtime,GB/s,GFLOPs
1,CUTLASS,gemm,cutlass_simt_sgemm_128x128_8x2_nn_align1,passed,success,universal,64,32,16,f32:column,f32:column,f32:column,f32:column,1,0,serial,1,1,simt,f32,14336,65536,4,0.3,1,1
"""

VIDUR = """,time_stats.all_reduce.min,time_stats.all_reduce.max,time_stats.all_reduce.mean,time_stats.all_reduce.median,time_stats.all_reduce.std,rank,num_workers,size,collective,devices_per_node,max_devices_per_node
0,0.031,0.077,0.0503,0.043,0.0194,0,4,2048,all_reduce,2,8
1,0.153,0.153,0.153,0.153,0.0,0,4,485376,all_reduce,4,8
"""

RUNS = """source,device,dtype,hidden,layers,heads,seq,tp,pp,dp,micro_batch,global_batch,interleave,sequence_parallel,vocab,recompute,time_s
a,a100-sxm-80gb,bfloat16,512,4,8,256,1,1,1,1,2,1,0,5000,none,0.5
a,a100-sxm-80gb,bfloat16,512,4,8,256,2,2,1,1,4,1,0,5000,none,1
"""

COLLECTIVES = """device,collective,ranks,bytes,time_us,variant
h100-sxm-80gb,all_reduce,8,1048576,40,nccl-2.27.3
h100-sxm-80gb,send_receive,2,65536,20,
"""

MEMORY = """device,dtype,op,rows,columns,bytes_read,bytes_written,time_us
h100-sxm-80gb,bf16,softmax,4096,4096,33554432,33554432,60.9
h100-sxm-80gb,bf16,residual,4096,1024,16777216,8388608,15
"""

ATTENTION = """device,dtype,batch,seq,heads,kv_heads,head_dim,step,variant,time_us
h100-sxm-80gb,bf16,16,4096,32,8,128,0,,6806.9
h100-sxm-80gb,bf16,16,4096,32,8,128,1,,300
"""

SHAPES = "m,k,n,batch,dtype\n1,1,1,1,bf16\n128,4096,512,2,\n8192,8192,8192,1,fp16\n"

TIME = ["time", "--format", "csv", "--table"]


def kinds(model, cached):
    """Name, form, text, file name and command of each kind of input.

    In a command INPUT is the mutated file, MODEL the path of a fitted model. `cached` is a kept fit and its name, which
    the command finds in the cache of the run; None where there is none.
    """
    device = (ROOT / "calibration/devices/a10g.json").read_text()
    rich = (ROOT / "calibration/devices/v100-pcie-32gb.json").read_text()
    fitted = pathlib.Path(model).read_text()
    shape = ["--m", "100", "--k", "200", "--n", "300"]
    table = host_table()
    imports = [
        ("nccl-tests", "text", NCCL), ("nccl-tests-json", "json", NCCL_JSON), ("deepbench", "text", DEEPBENCH),
        ("rocblas-bench", "csv", ROCBLAS), ("hipblaslt-bench", "csv", HIPBLASLT), ("cutlass", "csv", CUTLASS),
        ("aiconfigurator", "csv", AICONFIGURATOR), ("vidur", "csv", VIDUR),
    ]
    validated = [
        ("gemms", table), ("runs", RUNS), ("collectives", COLLECTIVES), ("memory", MEMORY), ("attention", ATTENTION),
    ]
    gpu_time = [*TIME, "MODEL", "--device", "INPUT", *shape]
    found = [
        ("merge", "csv", table, "a.csv", ["merge", "INPUT", "INPUT"]),
        ("shapes", "csv", SHAPES, "a.csv", [*TIME, "MODEL", "--shapes", "INPUT"]),
        ("device", "json", device, "a.json", gpu_time),
        ("device-fits", "json", rich, "a.json", [*gpu_time, "--dtype", "fp16"]),
        ("device-estimate", "json", device, "a.json",
         ["estimate", "reference", "--micro-batches", "16", "--device", "INPUT", "--table", "MODEL", "--format", "csv"]),
        ("fitted", "json", fitted, "a.json", [*TIME, "INPUT", "--device", "host", *shape]),
        ("fitted-gpu", "json", fitted, "a.json", [*TIME, "INPUT", "--device", "h100-sxm-80gb", *shape]),
        ("config", "json", CONFIG, "config.json",
         ["table", "INPUT", "--batch", "1", "--seq", "128", "--table", "MODEL", "--format", "csv"]),
        ("config-estimate", "json", CONFIG, "config.json",
         ["estimate", "INPUT", "--batch", "1", "--seq", "128", "--attention", "fused", "--table", "MODEL", "--format",
          "csv"]),
        ("fit", "csv", table, "a.csv", ["fit", "INPUT", "--output", "-"]),
    ]
    if cached:
        found.append(
            ("fit-cache", "json", cached[1], cached[0], [*TIME, "TABLE", "--device", "host", *shape]))
    for name, form, text in imports:
        found.append(
            ("import " + name, form, text, "a.txt", ["import", "INPUT", "--device", "x", "--dtype", "fp32"]))
    for name, text in validated:
        found.append(
            ("validate " + name, "csv", text, "a.csv",
             ["validate", "INPUT", "--table", "MODEL", "--format", "csv"]))
    return found
