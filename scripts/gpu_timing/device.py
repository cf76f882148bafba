"""Where kernels run, and how they are timed there."""

import datetime
import math
import os
import shutil
import subprocess
import threading
import time

from .failures import UNAVAILABLE, USAGE, Failure, note
from .statistics import is_settled, microseconds, summary

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
        # One stream for every capture: the libraries keep a workspace for each stream that they see.
        self.stream = torch.cuda.Stream() if self.is_gpu else None
        self.run = f"{datetime.datetime.now(datetime.timezone.utc):%Y%m%dT%H%M%SZ}-{os.getpid()}"
        self.cpu = processor_name()

    def synchronize(self):
        if self.is_gpu:
            self.torch.cuda.synchronize()

    def within_budget(self, plan):
        """The items of one table's plan, counted from 1, until its time has passed; says then how many are left."""
        deadline = time.monotonic() + self.options.budget if self.options.budget else math.inf
        for position, item in enumerate(plan, 1):
            if time.monotonic() >= deadline:
                note(f"the budget is spent; {len(plan) - position + 1} of {len(plan)} are left for another run")
                return
            yield position, item

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
                replay, method = self.graph(calls).replay, "graph"
            except RuntimeError as error:
                note(f"no CUDA graph of this kernel, events instead: {str(error).splitlines()[0][:120]}")
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

    def graph(self, calls):
        """A CUDA graph of all calls, captured without emptying the allocator's cache as `torch.cuda.graph` would."""
        torch = self.torch
        torch.cuda.synchronize()
        # While a graph is captured nothing can be given back to the driver, so room is made before.
        if torch.cuda.memory_reserved() - torch.cuda.memory_allocated() > self.memory / 4:
            torch.cuda.empty_cache()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.stream(self.stream):
            for call in calls[:2]:
                call()
            self.stream.synchronize()
            graph.capture_begin()
            try:
                for call in calls:
                    call()
            finally:
                graph.capture_end()
        torch.cuda.synchronize()
        return graph

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
        """How many operand sets of `changing` bytes each take turns: as many as were asked for, or as go through twice
        the cache together with `fixed` bytes."""
        wanted = self.options.turns or max(0, math.ceil((2 * self.cache - fixed) / max(changing, 1))) + 1
        room = max(1, int((self.memory - fixed) // max(changing, 1)))
        return max(1, min(wanted, room, self.options.calls))

    def close(self):
        self.monitor.close()
