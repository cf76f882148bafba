"""Which GEMMs are measured: those of a plan, or built-in lists."""

import csv
import random

from .failures import DATA_ERROR, NO_INPUT, Failure

SIZES = {"fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp8": 1}

# Hidden, heads, key-value heads, ffn and whether the MLP is gated of gemmcast's built-in models, from the papers and
# config.json files that the command's own definitions name.
MODELS = {
    "gpt3-175b": (12288, 96, 96, 49152, False),
    "megatron-22b": (6144, 64, 64, 24576, False),
    "turing-530b": (20480, 128, 128, 81920, False),
    "megatron-1t": (25600, 160, 160, 102400, False),
    "llama-3.1-8b": (4096, 32, 8, 14336, True),
    "llama-3.1-70b": (8192, 64, 8, 28672, True),
    "llama-3.1-405b": (16384, 128, 8, 53248, True),
    "mixtral-8x7b": (4096, 32, 8, 14336, True),
    "qwen2.5-72b": (8192, 64, 8, 29568, True),
}


def read_shapes(path):
    """Shapes of a CSV with m, k, n and optionally batch and dtype; other columns are left alone."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in ("m", "k", "n") if name not in (reader.fieldnames or [])]
            if missing:
                raise Failure(DATA_ERROR, f"{path}:1: the column {missing[0]} is missing; m,k,n are expected")
            shapes = []
            for fields in reader:
                extents = []
                for name in ("m", "k", "n", "batch"):
                    text = fields.get(name) if name in reader.fieldnames else "1"
                    if not (text or "").isdigit() or int(text) < 1:
                        raise Failure(
                            DATA_ERROR, f"{path}:{reader.line_num}: {name} is {text}; a whole number above 0 is expected")
                    extents.append(int(text))
                dtype = (fields.get("dtype") or "").lower() or None
                if dtype is not None and dtype not in SIZES:
                    raise Failure(
                        DATA_ERROR, f"{path}:{reader.line_num}: dtype is {dtype}; one of {', '.join(SIZES)} is expected")
                shapes.append((*extents, dtype))
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(NO_INPUT, f"{path}: cannot be read: {error}") from error
    if not shapes:
        raise Failure(DATA_ERROR, f"{path}: has no rows; add a row a shape")
    return shapes


def reference_shapes():
    """The reference model's GEMMs on one of 8 GPUs, its document's shapes and the Megatron sharding's."""
    tokens = 10_240_000
    weights = {(1024, 1024), (1024, 4096), (4096, 1024), (8192, 1024), (1024, 8192), (8192, 4096), (4096, 8192)}
    shapes = [(tokens, k, n, 1, None) for k, n in sorted(weights)]
    return shapes + [(10_000, 512, 10_000, 2048, None), (10_000, 10_000, 512, 2048, None)]


def model_shapes(rows=(1, 4, 16, 64, 256, 1024, 4096, 16384), degrees=(1, 2, 4, 8)):
    """The linear layers of the built-in models under tensor parallelism, from decoding to prefill."""
    weights = set()
    for hidden, heads, kv_heads, ffn, gated in MODELS.values():
        head = hidden // heads
        for tp in degrees:
            weights.add((hidden, (heads // tp + 2 * max(kv_heads // tp, 1)) * head))
            weights.add((hidden // tp, hidden))
            weights.add((hidden, (2 if gated else 1) * ffn // tp))
            weights.add((ffn // tp, hidden))
    return [(m, k, n, 1, None) for k, n in sorted(weights) for m in rows]


def random_shapes(count, seed):
    """Extents whose logarithms are spread evenly, every other one a multiple of 64 or 16, some batched."""
    source = random.Random(seed)
    shapes = []
    while len(shapes) < count:
        m, k, n = (int(2 ** source.uniform(low, high)) for low, high in ((0, 15), (5, 15), (5, 15)))
        if len(shapes) % 2:
            m, k, n = (max(16, extent // 16 * 16) if extent < 256 else extent // 64 * 64 for extent in (m, k, n))
        batch = 1 if source.random() < 0.8 else int(2 ** source.uniform(1, 8))
        if 2 * m * k * n * batch <= 4e13 and batch * (m * k + k * n + m * n) <= 2**31:
            shapes.append((m, k, n, batch, None))
    return shapes


def fitting(shape, size, memory):
    """The shape with m, or the batch where there is one, halved until A, B and C take at most `memory` bytes."""
    m, k, n, batch, dtype = shape
    while size * batch * (m * k + k * n) + 4 * batch * m * n > memory:
        if batch > 1:
            batch //= 2
        elif m > 1:
            m //= 2
        else:
            return None
    return m, k, n, batch, dtype
