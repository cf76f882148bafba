"""Passes over memory and fused attention."""

import contextlib
import random

from .failures import note
from .gemms import operand
from .shapes import SIZES


def memory_call(device, op, dtype, rows, columns):
    """One pass over memory on operands of its own, and the bytes that it reads and writes."""
    torch, functional = device.torch, device.torch.nn.functional
    x = operand(torch, device.device, dtype, rows, columns)
    amount, weights = x.numel() * SIZES[dtype], columns * SIZES[dtype]
    if op == "copy":
        y = torch.empty_like(x)
        return (lambda: y.copy_(x)), amount, amount
    if op == "softmax":
        y = torch.empty_like(x)
        return (lambda: torch.softmax(x, -1, out=y)), amount, amount
    if op == "layer_norm":
        weight, bias = torch.ones(columns, device=x.device, dtype=x.dtype), torch.zeros_like(x[0])
        return (lambda: functional.layer_norm(x, (columns,), weight, bias)), amount + 2 * weights, amount
    if op == "rms_norm":
        weight = torch.ones(columns, device=x.device, dtype=x.dtype)
        return (lambda: functional.rms_norm(x, (columns,), weight)), amount + weights, amount
    if op == "gelu":
        return (lambda: functional.gelu(x)), amount, amount
    y = operand(torch, device.device, dtype, rows, columns)
    z = torch.empty_like(x)
    return (lambda: torch.add(x, y, out=z)), 2 * amount, amount


MEMORY_OPERATIONS = ["copy", "softmax", "layer_norm", "rms_norm", "gelu", "residual"]


def memory_plan(device, dtypes):
    """(operation, dtype, rows, columns) of each pass."""
    rows = (1, 16, 128, 1024, 4096, 16384, 65536) if device.is_gpu else (1, 16, 256)
    columns = (1024, 2048, 4096, 8192, 16384) if device.is_gpu else (512, 2048)
    plan = [
        (op, dtype, m, n) for op in MEMORY_OPERATIONS for dtype in dtypes if dtype in ("fp32", "fp16", "bf16")
        for m in rows for n in columns
    ]
    random.Random(device.options.seed).shuffle(plan)
    return plan


def measure_memory_operations(device, table, plan):
    for position, (op, dtype, m, n) in device.within_budget(plan):
        key = {"device": device.name, "dtype": dtype, "op": op, "rows": m, "columns": n}
        size = 3 * m * n * SIZES[dtype]
        if table.has(key) or size > device.memory:
            continue
        calls, moved = [], (0, 0)
        for _ in range(device.turns(size, 0)):
            call, *moved = memory_call(device, op, dtype, m, n)
            calls.append(call)
        row = device.measure(calls, sum(moved) * len(calls))
        calls = call = None
        table.add(row | key | {"bytes_read": moved[0], "bytes_written": moved[1]})
        rate = sum(moved) / float(row["time_us"]) * 1e-3
        note(f"{position}/{len(plan)} {op} {dtype} {m}x{n}: {float(row['time_us']):.2f} us, {rate:.1f} GB/s")


def attention_plan(device, dtypes):
    """(dtype, batch, query length, heads, key-value heads, head dimension, length of the cache before) of each."""
    heads = ((32, 8, 128), (64, 8, 128), (16, 16, 128), (12, 12, 128), (16, 16, 64)) if device.is_gpu else ((4, 2, 32),)
    lengths = (128, 512, 1024, 2048, 4096, 8192, 16384) if device.is_gpu else (32, 128)
    batches = (1, 4, 16, 64) if device.is_gpu else (1, 2)
    plan = []
    for dtype in dtypes:
        if dtype not in ("fp16", "bf16") and device.is_gpu or dtype not in ("fp16", "bf16", "fp32"):
            continue
        for (h, kv, d) in heads:
            for b in batches:
                for length in lengths:
                    if b * length <= 262_144:
                        plan.append((dtype, b, length, h, kv, d, 0))
                        plan.append((dtype, b, 1, h, kv, d, length))
    random.Random(device.options.seed).shuffle(plan)
    return plan


def attention_backends(device):
    """PyTorch's fused kernels by the name that a row's variant ends in; on the CPU whichever it takes."""
    if not device.is_gpu:
        return {"sdpa": None}
    backend = device.torch.nn.attention.SDPBackend
    return {"flash": backend.FLASH_ATTENTION, "cudnn": backend.CUDNN_ATTENTION}


def attention_calls(device, size, dtype, b, length, h, kv, d, step):
    torch = device.torch
    grouped = {"enable_gqa": True} if kv != h else {}

    def call_on_new_operands():
        query = operand(torch, device.device, dtype, b, h, length, d)
        keys, values = (operand(torch, device.device, dtype, b, kv, length + step, d) for _ in range(2))
        return lambda: torch.nn.functional.scaled_dot_product_attention(
            query, keys, values, is_causal=step == 0, **grouped)

    return [call_on_new_operands() for _ in range(min(device.turns(size, 0), 64))]


def measure_attention(device, table, plan):
    torch, skipped = device.torch, {}
    for position, (dtype, b, length, h, kv, d, step) in device.within_budget(plan):
        size = SIZES[dtype] * b * d * (2 * h * length + 2 * kv * (length + step))
        if 2 * size > device.memory:
            continue
        for name, backend in attention_backends(device).items():
            key = {"device": device.name, "dtype": dtype, "batch": b, "seq": length, "heads": h, "kv_heads": kv,
                   "head_dim": d, "step": step, "variant": f"torch-{torch.__version__}-{name}"}
            if table.has(key):
                continue
            chosen = torch.nn.attention.sdpa_kernel([backend]) if backend is not None else contextlib.nullcontext()
            try:
                with chosen:
                    calls = attention_calls(device, size, dtype, b, length, h, kv, d, step)
                    row = device.measure(calls, size * len(calls))
            except (RuntimeError, TypeError) as error:
                reason = f"{name}: {str(error).splitlines()[0]}"
                skipped[reason] = skipped.get(reason, 0) + 1
                continue
            finally:
                calls = None
            table.add(row | key)
            note(f"{position}/{len(plan)} {name} {dtype} batch {b} seq {length} step {step} heads {h}/{kv}x{d}: "
                 f"{float(row['time_us']):.2f} us")
    for reason, count in skipped.items():
        note(f"{count} left out, {reason}")
