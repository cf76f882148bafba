"""Matrix multiplications."""

import math
import random

from .failures import Failure, note
from .shapes import SIZES, fitting


def operand(torch, device, dtype, *extents):
    """Random numbers in [-1, 1] of an element type, made in place to spare memory."""
    kind = {"fp32": torch.float32, "tf32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    if dtype == "fp8":
        return torch.empty(*extents, device=device, dtype=torch.bfloat16).uniform_(-1, 1).to(torch.float8_e4m3fn)
    return torch.empty(*extents, device=device, dtype=kind[dtype]).uniform_(-1, 1)


class Unsupported(Exception):
    """A kernel that the device or PyTorch does not have."""


class WrongProduct(Exception):
    """A product that multiplying in double precision does not give."""


def gemm_calls(device, shape, dtype):
    """Calls of one GEMM with B in turns, the bytes they go through, and operands with the result for a check.

    B lies in memory as the weights of `torch.nn.Linear` and the keys of attention do, n rows of k elements, unless
    `--layout kn` asks for k rows of n.
    """
    torch, (m, k, n, batch) = device.torch, shape
    if dtype == "fp8":
        if batch > 1:
            raise Unsupported("no batched fp8 product in PyTorch")
        if k % 16 or n % 16:
            raise Unsupported("k and n of an fp8 product must be multiples of 16")
        if not hasattr(torch, "_scaled_mm") or not device.is_gpu:
            raise Unsupported("no fp8 product here")
    if dtype == "tf32" and not device.is_gpu:
        raise Unsupported("no tf32 on this device")
    torch.backends.cuda.matmul.allow_tf32 = dtype == "tf32"
    size = SIZES[dtype]
    fixed, changing = batch * size * m * k + batch * 4 * m * n, batch * size * k * n
    count = device.turns(changing, fixed)
    leading = (batch,) if batch > 1 else ()
    a = operand(torch, device.device, dtype, *leading, m, k)
    is_transposed = dtype == "fp8" or device.options.layout == "nk"
    weights = operand(torch, device.device, dtype, count, *leading, *((n, k) if is_transposed else (k, n)))
    weights = (weights.transpose(-1, -2) if is_transposed else weights).unbind(0)
    if dtype == "fp8":
        one = torch.ones((), device=device.device)
        c = torch.empty(m, n, device=device.device, dtype=torch.bfloat16)

        def product(b):
            return lambda: torch._scaled_mm(a, b, scale_a=one, scale_b=one, out_dtype=torch.bfloat16, use_fast_accum=True, out=c)
    else:
        c = torch.empty(*leading, m, n, device=device.device, dtype=a.dtype)
        multiply = torch.bmm if batch > 1 else torch.mm

        def product(b):
            return lambda: multiply(a, b, out=c)

    return [product(b) for b in weights], fixed + changing * count, (a, weights[0], c)


def check_product(torch, a, b, c, dtype):
    """Raises unless some entries of C are what multiplying in double precision gives."""
    if a.dim() == 3:
        a, b, c = a[-1], b[-1], c[-1]
    rows = sorted({0, a.shape[0] // 2, a.shape[0] - 1})
    columns = sorted({0, b.shape[1] // 3, b.shape[1] - 1})
    expected = a[rows].cpu().double() @ b[:, columns].cpu().double()
    found = c[rows][:, columns].cpu().double()
    # The error of a sum of k products in [-1, 1], and the rounding of the result.
    unit = {"fp32": 1e-6, "tf32": 1e-3, "fp16": 1e-3, "bf16": 8e-3, "fp8": 8e-3}[dtype]
    tolerance = unit * (4 * math.sqrt(a.shape[1]) + expected.abs().max().item())
    error = (found - expected).abs().max().item()
    if not error <= tolerance:
        raise WrongProduct(f"{error:g} off where {tolerance:g} is allowed")


def measure_gemms(device, table, shapes, dtypes):
    plan, seen = [], set()
    for shape in shapes:
        for dtype in [shape[4]] if shape[4] else dtypes:
            fitted = fitting(shape, SIZES[dtype], device.memory)
            if fitted and (fitted[:4], dtype) not in seen:
                seen.add((fitted[:4], dtype))
                plan.append((fitted[:4], dtype))
    random.Random(device.options.seed).shuffle(plan)
    skipped, wrong = {}, 0
    for position, (shape, dtype) in device.within_budget(plan):
        m, k, n, batch = shape
        key = {"device": device.name, "dtype": dtype, "m": m, "k": k, "n": n, "batch": batch}
        if table.has(key):
            continue
        try:
            calls, footprint, (a, b, c) = gemm_calls(device, shape, dtype)
            calls[0]()
            check_product(device.torch, a, b, c, dtype)
            row = device.measure(calls, footprint) | {"layout": "nk" if dtype == "fp8" else device.options.layout}
        except Unsupported as error:
            skipped[f"{dtype}: {error}"] = skipped.get(f"{dtype}: {error}", 0) + 1
            continue
        except WrongProduct as error:
            note(f"left out: the {dtype} product of ({m},{k},{n})x{batch} is wrong: {error}")
            wrong += 1
            continue
        except RuntimeError as error:
            reason = f"{dtype}: {str(error).splitlines()[0]}"
            skipped[reason] = skipped.get(reason, 0) + 1
            continue
        finally:
            calls = a = b = c = None
        table.add(row | key)
        rate = 2 * m * k * n * batch / float(row["time_us"]) * 1e-6
        note(f"{position}/{len(plan)} {dtype} ({m},{k},{n})x{batch}: {float(row['time_us']):.2f} us, {rate:.2f} TFLOP/s")
    for reason, count in skipped.items():
        note(f"{count} left out, {reason}")
    if wrong:
        raise Failure(70, f"{wrong} products were wrong, above; what was right is in the table")
