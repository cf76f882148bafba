#!/usr/bin/env python3
"""Measures a GPU with PyTorch and writes timing tables that gemmcast reads.

  scripts/measure_gpu.py --gemms h100.csv                                    built-in shapes
  scripts/measure_gpu.py --gemms h100.csv --shapes shapes.csv --dtypes bf16,fp8
  scripts/measure_gpu.py --memory-ops ops.csv --attention attention.csv
  scripts/measure_gpu.py --collectives collectives.csv                       two or more GPUs
  torchrun --nnodes 2 --nproc-per-node 8 ... scripts/measure_gpu.py --collectives collectives.csv

C[m x n] = A[m x k] B[k x n], always in the order m, k, n. A time is the median of samples; a sample is a replayed CUDA
graph (or a block of calls between two events) of several calls, divided by their number. The second operand takes turns
within more memory than the last-level cache holds, as weights do from layer to layer: `cache` is `cold` where all that
is gone through before a call comes round again is at least twice the cache, else `hot`.

A table that is there already is continued: rows that it has are not measured again. It is replaced whole after every
shape, so that whatever ends the run leaves a valid table.
"""

import argparse
import csv
import datetime
import math
import os
import random
import shutil
import subprocess
import sys
import threading
import time

USAGE, DATA_ERROR, NO_INPUT, UNAVAILABLE, CANNOT_CREATE = 64, 65, 66, 69, 73

SIZES = {"fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp8": 1}
SPREAD_COLUMNS = ["time_us", "time_lo_us", "time_hi_us", "time_min_us", "samples"]
PROVENANCE_COLUMNS = [
    "calls_per_sample", "method", "threads", "cache", "library", "kernel", "cpu", "driver", "sm_clock_mhz",
    "memory_clock_mhz", "power_w", "temperature_c", "timestamp", "run",
]
GEMM_KEY = ["device", "dtype", "m", "k", "n", "batch"]
MEMORY_KEY = ["device", "dtype", "op", "rows", "columns"]
ATTENTION_KEY = ["device", "dtype", "batch", "seq", "heads", "kv_heads", "head_dim", "step"]
COLLECTIVE_KEY = ["device", "collective", "ranks", "nodes", "bytes"]

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


class Failure(Exception):
    """One line for the user, and an exit status of sysexits.h."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def note(text):
    print(f"measure_gpu: {text}", file=sys.stderr, flush=True)


# --- Statistics -----------------------------------------------------------------------------------------------------


def summary(samples):
    """Median, ends of its distribution-free 95 % confidence interval, minimum and count of times in seconds.

    The ends are order statistics whose ranks the binomial distribution gives (Hahn and Meeker, Statistical Intervals,
    5.2); below six samples no ranks reach 95 % and the interval is the range.
    """
    ordered = sorted(samples)
    n = len(ordered)
    median = ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2
    rank, tail, term = 0, 0.0, 0.5**n if n < 1000 else 0.0
    if n >= 1000:
        rank = max(0, math.floor(n / 2 - 0.5 - 1.959964 * math.sqrt(n) / 2))
    else:
        # The largest rank at which P(fewer than rank + 1 samples lie below the median) stays within 2.5 %.
        for below in range(n // 2):
            tail += term
            if tail > 0.025:
                break
            rank = below + 1
            term *= (n - below) / (below + 1)
        rank = max(0, rank - 1) if n >= 6 else 0
    return median, ordered[rank], ordered[n - 1 - rank], ordered[0], n


def is_settled(samples, precision, fewest=10):
    """Whether the median's interval is within `precision` of the median, as a fraction, after enough samples."""
    if len(samples) < fewest:
        return False
    median, low, high, _, _ = summary(samples)
    return high - low <= 2 * precision * median


def microseconds(seconds):
    return f"{seconds * 1e6:.6f}"


# --- Tables ---------------------------------------------------------------------------------------------------------


class Table:
    """A CSV file that grows by rows and is replaced whole, so that it is valid at any moment."""

    def __init__(self, path, key, columns):
        self.path, self.key, self.columns, self.rows, self.done = path, key, columns, [], set()
        if not os.path.exists(path):
            folder = os.path.dirname(os.path.abspath(path))
            if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
                raise Failure(CANNOT_CREATE, f"{path}: cannot be written; name a file in a folder that you may write to")
            return
        try:
            with open(path, newline="", encoding="utf-8") as file:
                rows = list(csv.reader(file))
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(NO_INPUT, f"{path}: cannot be read: {error}") from error
        if not rows:
            return
        if rows[0] != columns:
            raise Failure(
                DATA_ERROR, f"{path}:1: the header is not this tool's; name another file, or one that it has written")
        for number, fields in enumerate(rows[1:], 2):
            if len(fields) != len(columns):
                raise Failure(
                    DATA_ERROR, f"{path}:{number}: the row has {len(fields)} fields; {len(columns)} are expected")
            self.remember(dict(zip(columns, fields)))

    def remember(self, row):
        self.rows.append(row)
        self.done.add(tuple(row[name] for name in self.key))

    def has(self, row):
        return tuple(str(row[name]) for name in self.key) in self.done

    def add(self, row):
        self.remember({name: str(row.get(name, "")) for name in self.columns})
        temporary = f"{self.path}.{os.getpid()}.partial"
        try:
            with open(temporary, "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(self.columns)
                writer.writerows([row[name] for name in self.columns] for row in self.rows)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except OSError as error:
            raise Failure(CANNOT_CREATE, f"{self.path}: cannot be written: {error}") from error
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)


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


# --- Shapes ---------------------------------------------------------------------------------------------------------


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


# --- The device -----------------------------------------------------------------------------------------------------


class ClockMonitor:
    """Clocks, power and temperature while kernels run, from nvidia-smi where there is one."""

    FIELDS = ["clocks.sm", "clocks.mem", "power.draw", "temperature.gpu"]

    def __init__(self, identity):
        self.samples, self.lock, self.process = [], threading.Lock(), None
        tool = shutil.which("nvidia-smi")
        if tool is None or identity is None:
            return
        self.process = subprocess.Popen(
            [tool, "-i", str(identity), f"--query-gpu={','.join(self.FIELDS)}", "--format=csv,noheader,nounits", "-lms",
             "50"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            values = [number(text) for text in line.split(",")]
            with self.lock:
                self.samples.append((time.monotonic(), values))
                del self.samples[:-2000]

    def since(self, start):
        """The medians since a moment; what was not seen is empty."""
        with self.lock:
            seen = [values for moment, values in self.samples if moment >= start]
            seen = seen or [values for _, values in self.samples[-1:]]
        medians = []
        for position in range(len(self.FIELDS)):
            values = sorted(row[position] for row in seen if len(row) > position and row[position] is not None)
            medians.append(f"{values[len(values) // 2]:g}" if values else "")
        return dict(zip(["sm_clock_mhz", "memory_clock_mhz", "power_w", "temperature_c"], medians))

    def close(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def processor_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return ""


def driver_version(identity):
    tool = shutil.which("nvidia-smi")
    if tool is None or identity is None:
        return ""
    command = [tool, "-i", str(identity), "--query-gpu=driver_version", "--format=csv,noheader"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


class Device:
    """Where kernels run: a GPU, or the CPU to try the script out."""

    def __init__(self, torch, options):
        self.torch, self.options = torch, options
        try:
            self.device = torch.device(options.device)
        except RuntimeError as error:
            raise Failure(USAGE, f"--device {options.device}: {str(error).splitlines()[0]}") from error
        self.is_gpu = self.device.type == "cuda"
        if self.is_gpu:
            if not torch.cuda.is_available():
                raise Failure(UNAVAILABLE, "no GPU is visible to PyTorch; --device cpu tries the script out")
            self.index = self.device.index or 0
            torch.cuda.set_device(self.index)
            properties = torch.cuda.get_device_properties(self.index)
            self.title = properties.name
            self.cache = getattr(properties, "L2_cache_size", 0) or 64 << 20
            self.memory = int(torch.cuda.mem_get_info(self.index)[0] * options.memory_fraction)
            self.library = f"torch {torch.__version__}, cuBLAS of CUDA {torch.version.cuda or torch.version.hip}"
        elif self.device.type == "cpu":
            self.index, self.title = None, processor_name() or "cpu"
            self.cache, self.memory = 32 << 20, int(options.cpu_memory)
            self.library = f"torch {torch.__version__}"
        else:
            raise Failure(USAGE, f"--device is {options.device}; cuda, cuda:N or cpu is expected")
        self.name = options.name or "-".join(self.title.lower().replace("(r)", "").replace("@", "").split())
        # nvidia-smi numbers all GPUs of the machine, PyTorch those that CUDA_VISIBLE_DEVICES leaves it.
        uuid = getattr(properties, "uuid", None) if self.is_gpu else None
        identity = f"GPU-{uuid}" if uuid is not None else self.index
        self.driver = driver_version(identity)
        self.monitor = ClockMonitor(identity)
        self.run = f"{datetime.datetime.now(datetime.timezone.utc):%Y%m%dT%H%M%SZ}-{os.getpid()}"
        self.cpu = processor_name()

    def synchronize(self):
        if self.is_gpu:
            self.torch.cuda.synchronize()

    def warm_up(self, seconds):
        """Keeps the device busy until its clocks have settled."""
        size = 4096 if self.is_gpu else 256
        dtype = self.torch.bfloat16 if self.is_gpu else self.torch.float32
        a = self.torch.rand(size, size, device=self.device).to(dtype)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(20):
                self.torch.mm(a, a)
            self.synchronize()

    def sampler(self, calls):
        """A function that runs all `calls` once and returns seconds, and how it takes the time."""
        if not self.is_gpu:

            def sample_cpu():
                start = time.perf_counter()
                for call in calls:
                    call()
                return time.perf_counter() - start

            return sample_cpu, "clock"
        torch = self.torch
        first, last = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        replay, method = None, "events"
        if not self.options.no_graphs:
            try:
                stream = torch.cuda.Stream()
                stream.wait_stream(torch.cuda.current_stream())
                with torch.cuda.stream(stream):
                    for call in calls[:2]:
                        call()
                torch.cuda.current_stream().wait_stream(stream)
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    for call in calls:
                        call()
                replay, method = graph.replay, "graph"
            except RuntimeError as error:
                note(f"no CUDA graph of this kernel, events instead: {str(error).splitlines()[0]}")
                torch.cuda.synchronize()

        def sample_gpu():
            first.record()
            if replay is not None:
                replay()
            else:
                for call in calls:
                    call()
            last.record()
            last.synchronize()
            return first.elapsed_time(last) * 1e-3

        return sample_gpu, method

    def measure(self, calls, footprint):
        """Times a set of calls that take turns; returns the fields of a row.

        calls: functions without arguments, each the same kernel on other operands.
        footprint: bytes that all calls together go through.
        """
        started = time.monotonic()
        for call in calls[:2]:
            call()
        self.synchronize()
        begin = time.perf_counter()
        calls[-1]()
        self.synchronize()
        once = max(time.perf_counter() - begin, 1e-7)
        # Long enough for the clock (an event resolves half a microsecond), short enough for many samples.
        turns = max(1, min(self.options.calls, math.ceil(self.options.sample_seconds / once)))
        # Whole rounds, so that the operands come round again as late as they can.
        turns = math.ceil(turns / len(calls)) * len(calls)
        chosen = [calls[position % len(calls)] for position in range(turns)]
        sample, method = self.sampler(chosen)
        end = time.monotonic() + self.options.warm_up
        while True:
            sample()
            if time.monotonic() >= end:
                break
        samples = []
        end = time.monotonic() + self.options.time_limit
        while not is_settled(samples, self.options.precision) and len(samples) < 2000:
            samples.append(sample() / turns)
            if time.monotonic() >= end and len(samples) >= 3:
                break
        median, low, high, shortest, count = summary(samples)
        row = {
            "time_us": microseconds(median), "time_lo_us": microseconds(low), "time_hi_us": microseconds(high),
            "time_min_us": microseconds(shortest), "samples": count, "calls_per_sample": turns, "method": method,
            "cache": "cold" if footprint >= 2 * self.cache else "hot",
        }
        return row | self.provenance() | self.monitor.since(started)

    def provenance(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        return {
            "device": self.name, "threads": "" if self.is_gpu else self.torch.get_num_threads(),
            "library": self.library, "cpu": self.cpu, "driver": self.driver, "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "run": self.run,
        }

    def turns(self, changing, fixed):
        """How many operand sets of `changing` bytes each go through twice the cache together with `fixed` bytes."""
        wanted = max(0, math.ceil((2 * self.cache - fixed) / max(changing, 1))) + 1
        room = max(1, int((self.memory - fixed) // max(changing, 1)))
        return max(1, min(wanted, room, self.options.calls))

    def close(self):
        self.monitor.close()


# --- What is measured -----------------------------------------------------------------------------------------------


def operand(torch, device, dtype, *extents):
    """Random numbers in [-1, 1] of an element type, made in place to spare memory."""
    kind = {"fp32": torch.float32, "tf32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    if dtype == "fp8":
        return torch.empty(*extents, device=device, dtype=torch.bfloat16).uniform_(-1, 1).to(torch.float8_e4m3fn)
    return torch.empty(*extents, device=device, dtype=kind[dtype]).uniform_(-1, 1)


class Unsupported(Exception):
    """A kernel that the device or PyTorch does not have."""


def gemm_calls(device, shape, dtype):
    """Calls of one GEMM with B in turns, the bytes they go through, and operands with the result for a check."""
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
    if dtype == "fp8":
        weights = [operand(torch, device.device, dtype, n, k).t() for _ in range(count)]
        one = torch.ones((), device=device.device)
        c = torch.empty(m, n, device=device.device, dtype=torch.bfloat16)

        def product(b):
            return lambda: torch._scaled_mm(a, b, scale_a=one, scale_b=one, out_dtype=torch.bfloat16, out=c)
    else:
        weights = [operand(torch, device.device, dtype, *leading, k, n) for _ in range(count)]
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
        raise Failure(70, f"a product is wrong: {error:g} off where {tolerance:g} is allowed")


def measure_gemms(device, table, shapes, dtypes):
    plan, seen = [], set()
    for shape in shapes:
        for dtype in [shape[4]] if shape[4] else dtypes:
            fitted = fitting(shape, SIZES[dtype], device.memory)
            if fitted and (fitted[:4], dtype) not in seen:
                seen.add((fitted[:4], dtype))
                plan.append((fitted[:4], dtype))
    random.Random(device.options.seed).shuffle(plan)
    skipped = {}
    for position, (shape, dtype) in enumerate(plan, 1):
        m, k, n, batch = shape
        key = {"device": device.name, "dtype": dtype, "m": m, "k": k, "n": n, "batch": batch}
        if table.has(key):
            continue
        try:
            calls, footprint, (a, b, c) = gemm_calls(device, shape, dtype)
            calls[0]()
            check_product(device.torch, a, b, c, dtype)
            row = device.measure(calls, footprint)
        except Unsupported as error:
            skipped[f"{dtype}: {error}"] = skipped.get(f"{dtype}: {error}", 0) + 1
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


def measure_memory_operations(device, table, dtypes):
    rows = (1, 16, 128, 1024, 4096, 16384, 65536) if device.is_gpu else (1, 16, 256)
    columns = (1024, 2048, 4096, 8192, 16384) if device.is_gpu else (512, 2048)
    plan = [
        (op, dtype, m, n) for op in MEMORY_OPERATIONS for dtype in dtypes if dtype in ("fp32", "fp16", "bf16")
        for m in rows for n in columns
    ]
    random.Random(device.options.seed).shuffle(plan)
    for position, (op, dtype, m, n) in enumerate(plan, 1):
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


def measure_attention(device, table, dtypes):
    torch = device.torch
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
    for position, (dtype, b, length, h, kv, d, step) in enumerate(plan, 1):
        key = {"device": device.name, "dtype": dtype, "batch": b, "seq": length, "heads": h, "kv_heads": kv,
               "head_dim": d, "step": step}
        size = SIZES[dtype] * b * d * (2 * h * length + 2 * kv * (length + step))
        if table.has(key) or 2 * size > device.memory:
            continue

        def call_on_new_operands():
            query = operand(torch, device.device, dtype, b, h, length, d)
            keys, values = (operand(torch, device.device, dtype, b, kv, length + step, d) for _ in range(2))
            return lambda: torch.nn.functional.scaled_dot_product_attention(
                query, keys, values, is_causal=step == 0, enable_gqa=kv != h)

        try:
            calls = [call_on_new_operands() for _ in range(min(device.turns(size, size), 64))]
            row = device.measure(calls, size * len(calls))
        except (RuntimeError, TypeError) as error:
            note(f"left out {key}: {str(error).splitlines()[0]}")
            continue
        finally:
            calls = None
        table.add(row | key | {"variant": f"torch-{torch.__version__}-sdpa"})
        note(f"{position}/{len(plan)} attention {dtype} batch {b} seq {length} step {step} heads {h}/{kv}x{d}: "
             f"{float(row['time_us']):.2f} us")


# --- Exchanges between GPUs -----------------------------------------------------------------------------------------

COLLECTIVES = ["all_reduce", "all_gather", "reduce_scatter", "alltoall", "broadcast", "sendrecv"]


def collective_call(torch, name, amount, rank, ranks, device):
    """One exchange whose whole message has `amount` bytes of bf16: the buffer that ends up reduced, gathered, received."""
    distributed = torch.distributed
    elements = max(ranks, amount // 2 // ranks * ranks)
    whole = torch.ones(elements, device=device, dtype=torch.bfloat16)
    part = torch.ones(elements // ranks, device=device, dtype=torch.bfloat16)
    if name == "all_reduce":
        return lambda: distributed.all_reduce(whole)
    if name == "all_gather":
        return lambda: distributed.all_gather_into_tensor(whole, part)
    if name == "reduce_scatter":
        return lambda: distributed.reduce_scatter_tensor(part, whole)
    if name == "alltoall":
        received = torch.empty_like(whole)
        return lambda: distributed.all_to_all_single(received, whole)
    if name == "broadcast":
        return lambda: distributed.broadcast(whole, 0)
    return lambda: distributed.send(whole, 1) if rank == 0 else distributed.recv(whole, 0) if rank == 1 else None


def measure_collectives_on_rank(rank, ranks, nodes, options, table):
    """Times every exchange on all ranks; the first writes the slowest rank's times."""
    import torch
    import torch.distributed as distributed

    local = int(os.environ.get("LOCAL_RANK", rank))
    is_gpu = options.device.startswith("cuda")
    options.device = f"cuda:{local}" if is_gpu else "cpu"
    device = Device(torch, options)
    # NCCL needs its device set before the group is made.
    distributed.init_process_group("nccl" if is_gpu else "gloo", rank=rank, world_size=ranks)
    try:
        sizes = [1 << power for power in range(10, 31 if is_gpu else 17)]
        for name in COLLECTIVES:
            if name == "sendrecv" and ranks != 2:
                continue
            for amount in sizes:
                key = {"device": device.name, "collective": name, "ranks": ranks, "nodes": nodes, "bytes": amount}
                known = torch.tensor([int(table.has(key)) if rank == 0 else 0], device=device.device)
                distributed.broadcast(known, 0)
                if known.item():
                    continue
                try:
                    row = time_collective(torch, device, name, amount, rank, ranks)
                except (RuntimeError, ValueError, NotImplementedError) as error:
                    if rank == 0:
                        note(f"left out {name} among {ranks}: {str(error).splitlines()[0]}")
                    break
                if rank == 0:
                    table.add(row | key)
                    note(f"{name} among {ranks}, {amount} bytes: {float(row['time_us']):.2f} us")
    finally:
        device.close()
        distributed.destroy_process_group()


def time_collective(torch, device, name, amount, rank, ranks):
    """The fields of a row: every sample is the slowest rank's, and all ranks take the same number of them."""
    distributed, started = torch.distributed, time.monotonic()
    call = collective_call(torch, name, amount, rank, ranks, device.device)

    def block(count):
        distributed.barrier()
        device.synchronize()
        if device.is_gpu:
            first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            first.record()
            for _ in range(count):
                call()
            last.record()
            last.synchronize()
            seconds = first.elapsed_time(last) * 1e-3
        else:
            begin = time.perf_counter()
            for _ in range(count):
                call()
            seconds = time.perf_counter() - begin
        slowest = torch.tensor([seconds / count], device=device.device, dtype=torch.float64)
        distributed.all_reduce(slowest, op=distributed.ReduceOp.MAX)
        return slowest.item()

    once = max(block(3), 1e-7)
    # `once` is the same number on every rank, and so is what follows from it.
    count = max(1, min(200, math.ceil(device.options.sample_seconds / once)))
    for _ in range(max(1, min(50, math.ceil(device.options.warm_up / (once * count))))):
        block(count)
    samples = [block(count) for _ in range(20 if once < 0.05 else 10)]
    median, low, high, shortest, total = summary(samples)
    row = {
        "time_us": microseconds(median), "time_lo_us": microseconds(low), "time_hi_us": microseconds(high),
        "time_min_us": microseconds(shortest), "samples": total, "calls_per_sample": count,
        "method": "events" if device.is_gpu else "clock", "cache": "hot",
    }
    row |= device.provenance() | device.monitor.since(started)
    version = ".".join(map(str, torch.cuda.nccl.version())) if device.is_gpu else torch.__version__
    row["variant"] = f"nccl-{version}" if device.is_gpu else f"gloo-{version}"
    return row


def spawned_rank(rank, ranks, port, options, path):
    os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = "127.0.0.1", str(port)
    measure_collectives_on_rank(rank, ranks, 1, options, collective_table(path))


def collective_table(path):
    return Table(path, COLLECTIVE_KEY, COLLECTIVE_KEY + ["variant"] + SPREAD_COLUMNS + PROVENANCE_COLUMNS)


def measure_collectives(torch, options):
    path = options.collectives
    if "RANK" in os.environ:  # started by torchrun, perhaps over several nodes
        ranks = int(os.environ["WORLD_SIZE"])
        nodes = max(1, ranks // int(os.environ.get("LOCAL_WORLD_SIZE", ranks)))
        measure_collectives_on_rank(int(os.environ["RANK"]), ranks, nodes, options, collective_table(path))
        return
    available = torch.cuda.device_count() if options.device.startswith("cuda") else options.ranks
    if available < 2:
        raise Failure(UNAVAILABLE, f"{available} GPU is visible; exchanges need two or more")
    collective_table(path)  # a fault of the file shows before processes start
    ranks = 2
    while ranks <= available:
        port = 29_500 + os.getpid() % 2000 + ranks
        torch.multiprocessing.spawn(spawned_rank, args=(ranks, port, options, path), nprocs=ranks)
        ranks *= 2


# --- The command line -----------------------------------------------------------------------------------------------


def parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    outputs = parser.add_argument_group("what to measure, each into a CSV of its own")
    outputs.add_argument("--gemms", metavar="FILE", help="matrix multiplications: a timing table")
    outputs.add_argument("--memory-ops", metavar="FILE", help="copy, softmax, norms, GELU, residual")
    outputs.add_argument("--attention", metavar="FILE", help="scaled_dot_product_attention, prefill and decoding")
    outputs.add_argument("--collectives", metavar="FILE", help="exchanges among 2, 4, 8, ... GPUs")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:N or cpu (default: cuda)")
    parser.add_argument("--name", help="the device's name in the table, as gemmcast has it: h100-sxm-80gb")
    parser.add_argument("--shapes", metavar="FILE", help="CSV with m,k,n and optionally batch,dtype")
    parser.add_argument(
        "--lists", default="reference,models,random", help="built-in shapes where no file is given (default: %(default)s)")
    parser.add_argument("--random-shapes", type=int, default=400, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--dtypes", default="bf16", help=f"of {','.join(SIZES)} (default: %(default)s)")
    parser.add_argument("--limit", type=int, help="at most so many shapes, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ranks", type=int, default=2, help="processes for --collectives on the CPU")
    timing = parser.add_argument_group("timing")
    timing.add_argument("--settle", type=float, default=3.0, metavar="S", help="warm-up of the device (default: 3 s)")
    timing.add_argument("--warm-up", type=float, default=0.05, metavar="S", help="of each shape (default: 0.05 s)")
    timing.add_argument("--time-limit", type=float, default=2.0, metavar="S", help="of each shape (default: 2 s)")
    timing.add_argument(
        "--precision", type=float, default=0.005, help="half width of the median's 95 %% interval that ends sampling")
    timing.add_argument("--sample-seconds", type=float, default=0.002, help="wanted length of a sample (default: 0.002)")
    timing.add_argument("--calls", type=int, default=256, help="most calls of a sample, and operand sets in turn")
    timing.add_argument("--no-graphs", action="store_true", help="events around calls instead of CUDA graphs")
    parser.add_argument("--memory-fraction", type=float, default=0.7, help="of the free memory to use (default: 0.7)")
    parser.add_argument("--cpu-memory", type=float, default=256e6, help="bytes of operands on the CPU")
    return parser


def shapes_of(options):
    if options.shapes:
        shapes = read_shapes(options.shapes)
    else:
        lists = {
            "reference": reference_shapes, "models": model_shapes,
            "random": lambda: random_shapes(options.random_shapes, options.seed),
        }
        shapes = []
        for name in options.lists.split(","):
            if name not in lists:
                raise Failure(USAGE, f"--lists has {name}; {', '.join(lists)} are expected")
            shapes += lists[name]()
    if options.limit is not None and options.limit < len(shapes):
        shapes = random.Random(options.seed).sample(shapes, options.limit)
    return shapes


def run(arguments):
    options = parser().parse_args(arguments)
    outputs = [options.gemms, options.memory_ops, options.attention, options.collectives]
    if not any(outputs):
        raise Failure(USAGE, "name at least one of --gemms, --memory-ops, --attention, --collectives")
    dtypes = options.dtypes.split(",")
    for dtype in dtypes:
        if dtype not in SIZES:
            raise Failure(USAGE, f"--dtypes has {dtype}; {', '.join(SIZES)} are expected")
    shapes = shapes_of(options) if options.gemms else []
    suffix = SPREAD_COLUMNS + PROVENANCE_COLUMNS
    tables = {
        "gemms": options.gemms and Table(options.gemms, GEMM_KEY, GEMM_KEY + suffix),
        "memory": options.memory_ops
        and Table(options.memory_ops, MEMORY_KEY, MEMORY_KEY + ["bytes_read", "bytes_written"] + suffix),
        "attention": options.attention and Table(options.attention, ATTENTION_KEY, ATTENTION_KEY + ["variant"] + suffix),
    }
    try:
        import torch
    except ImportError as error:
        raise Failure(UNAVAILABLE, f"PyTorch cannot be imported ({error}); pip install torch") from error
    if any(tables.values()):
        device = Device(torch, options)
        try:
            with torch.no_grad():
                note(f"{device.title} as {device.name}, driver {device.driver or 'unknown'}, {device.library}")
                device.warm_up(options.settle)
                if tables["gemms"]:
                    measure_gemms(device, tables["gemms"], shapes, dtypes)
                if tables["memory"]:
                    measure_memory_operations(device, tables["memory"], dtypes)
                if tables["attention"]:
                    measure_attention(device, tables["attention"], dtypes)
        finally:
            device.close()
    if options.collectives:
        measure_collectives(torch, options)


def main():
    try:
        run(sys.argv[1:])
    except Failure as failure:
        note(str(failure))
        return failure.status
    except KeyboardInterrupt:
        note("stopped; the tables hold all that was finished")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
