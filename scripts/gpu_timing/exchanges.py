"""Exchanges between GPUs."""

import math
import os
import time

from .device import Device
from .failures import UNAVAILABLE, USAGE, Failure, note
from .statistics import microseconds, summary
from .tables import COLLECTIVE_KEY, PROVENANCE_COLUMNS, SPREAD_COLUMNS, Table

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


def exchange_sizes(ranks, options, is_gpu):
    """Bytes of each exchange among so many ranks: those of the plan, or of all in turn."""
    if options.exchanges is not None:
        return {
            name: [amount for planned, count, amount in options.exchanges if planned == name and count == ranks]
            for name in COLLECTIVES
        }
    sizes = [1 << power for power in range(10, 31 if is_gpu else 17)]
    return {name: sizes for name in COLLECTIVES if name != "sendrecv" or ranks == 2}


def numbers_of_ranks(available, options):
    """Among how many ranks exchanges are timed, and the numbers that the plan has and the machine does not."""
    if options.exchanges is None:
        return [1 << power for power in range(1, available.bit_length()) if 1 << power <= available], []
    planned = sorted({ranks for _, ranks, _ in options.exchanges})
    return [ranks for ranks in planned if ranks <= available], [ranks for ranks in planned if ranks > available]


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
        for name, sizes in exchange_sizes(ranks, options, is_gpu).items():
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
        if options.exchanges is not None and nodes > 1:
            raise Failure(USAGE, f"--shapes plans exchanges inside a node; {nodes} nodes were started")
        if os.environ["RANK"] == "0":
            for other in sorted({planned for _, planned, _ in options.exchanges or ()} - {ranks}):
                note(f"left out exchanges among {other}: {ranks} were started")
        measure_collectives_on_rank(int(os.environ["RANK"]), ranks, nodes, options, collective_table(path))
        return
    available = torch.cuda.device_count() if options.device.startswith("cuda") else options.ranks
    if available < 2:
        raise Failure(UNAVAILABLE, f"{available} GPU is visible; exchanges need two or more")
    collective_table(path)  # a fault of the file shows before processes start
    numbers, missing = numbers_of_ranks(available, options)
    for ranks in numbers:
        port = 29_500 + os.getpid() % 2000 + ranks
        torch.multiprocessing.spawn(spawned_rank, args=(ranks, port, options, path), nprocs=ranks)
    for ranks in missing:
        note(f"left out exchanges among {ranks}: {available} are visible")
