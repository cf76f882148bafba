/// What a kernel does, as far as its name tells.
///
/// Names are those that cuBLAS, CUTLASS, rocBLAS, cuDNN, FlashAttention, NCCL, PyTorch and Triton give their kernels.
public enum KernelKind: String, Sendable, CaseIterable {
  case gemm, attention, norm, collective, elementwise, other

  /// The kind of the kernel of a name; the first kind with a word of its own in the name decides.
  ///
  /// O(length of the name).
  public init(kernel name: String) {
    let name = name.lowercased()
    self = Self.words.first { kind in kind.words.contains { name.contains($0) } }?.kind ?? .other
  }

  private static let words: [(kind: KernelKind, words: [String])] = [
    (.collective, ["nccl", "rccl", "cross_device_reduce", "allreduce", "all_reduce"]),
    (.attention, ["flash", "fmha", "attention", "attn", "mha_"]),
    (.norm, ["layer_norm", "layernorm", "rms_norm", "rmsnorm", "batch_norm", "gammabeta"]),
    (.gemm, ["gemm", "gemv", "nvjet", "xmma", "matmul", "splitk", "cijk_", "cutlass"]),
    (
      .elementwise,
      [
        "elementwise", "vectorized", "copy", "memcpy", "memset", "reduce", "softmax", "fill", "catarray", "index",
        "triton", "embedding", "gelu", "silu", "rotary", "rope", "multi_tensor", "adam", "dropout", "arange",
      ]
    ),
  ]
}
