#!/usr/bin/env python3
"""Measures a GPU with PyTorch and writes timing tables that gemmcast reads.

  gemmcast calibrate --device h100-sxm-80gb --plan 64 --output plan.csv      the shapes that tell most
  scripts/measure_gpu.py --gemms h100.csv --shapes plan.csv --name h100-sxm-80gb
  scripts/measure_gpu.py --gemms h100.csv --dtypes bf16,fp8                  built-in shapes
  gemmcast calibrate --device h100-sxm-80gb --plan 40 --for llama-3.1-70b --tp 8 --output plan.csv     rows of all kinds
  scripts/measure_gpu.py --shapes plan.csv --gemms g.csv --memory-ops m.csv --attention a.csv --collectives c.csv
  scripts/measure_gpu.py --memory-ops ops.csv --attention attention.csv
  scripts/measure_gpu.py --collectives collectives.csv                       two or more GPUs
  torchrun --nnodes 2 --nproc-per-node 8 ... scripts/measure_gpu.py --collectives collectives.csv

C[m x n] = A[m x k] B[k x n], always in the order m, k, n. A time is the median of samples; a sample is a replayed CUDA
graph (or a block of calls between two events) of several calls, divided by their number. The second operand takes turns
within more memory than the last-level cache holds, as weights do from layer to layer: `cache` is `cold` where all that
is gone through before a call comes round again is at least twice the cache, else `hot`. B lies as n rows of k elements,
as linear layers keep their weights (`layout` nk), unless --layout kn is given.

A table that is there already is continued: rows that it has are not measured again. Every row is in the file before the
next shape is measured, so that whatever ends the run leaves it there. Copy the folder gpu_timing along with this file.
"""

import argparse
import random
import sys

from gpu_timing.device import Device
from gpu_timing.exchanges import measure_collectives
from gpu_timing.failures import UNAVAILABLE, USAGE, Failure, note
from gpu_timing.gemms import measure_gemms
from gpu_timing.kernels import attention_plan, measure_attention, measure_memory_operations, memory_plan
from gpu_timing.plans import KINDS, OPTIONS, Plan
from gpu_timing.shapes import SIZES, model_shapes, random_shapes, reference_shapes
from gpu_timing.tables import ATTENTION_KEY, GEMM_KEY, MEMORY_KEY, PROVENANCE_COLUMNS, SPREAD_COLUMNS, Table


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
    parser.add_argument("--shapes", metavar="FILE", help="CSV with m,k,n and optionally batch,dtype, or a plan of gemmcast: with a column kind its rows of each")
    parser.add_argument(
        "--lists", default="reference,models,random", help="built-in shapes where no file is given (default: %(default)s)")
    parser.add_argument("--random-shapes", type=int, default=400, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--dtypes", default="bf16", help=f"of {','.join(SIZES)} (default: %(default)s)")
    parser.add_argument("--layout", choices=["nk", "kn"], default="nk", help="how B lies in memory (default: %(default)s)")
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
    timing.add_argument("--turns", type=int, metavar="N", help="operand sets in turn (default: as many as pass the cache)")
    timing.add_argument("--budget", type=float, metavar="S", help="seconds for each table (default: no limit)")
    timing.add_argument("--no-graphs", action="store_true", help="events around calls instead of CUDA graphs")
    parser.add_argument("--memory-fraction", type=float, default=0.7, help="of the free memory to use (default: 0.7)")
    parser.add_argument("--cpu-memory", type=float, default=256e6, help="bytes of operands on the CPU")
    return parser


def shapes_of(options, plan):
    if plan:
        shapes = plan.rows["gemm"]
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
    plan = Plan(options.shapes) if options.shapes else None
    # A list of GEMMs alone says nothing of the other kinds.
    planned = plan.rows if plan and plan.is_of_kinds else None
    options.exchanges = planned and planned["collective"]
    if planned:
        named = dict(zip(KINDS, (options.gemms, options.collectives, options.memory_ops, options.attention)))
        for kind, rows in planned.items():
            if rows and not named[kind]:
                note(f"{len(rows)} {kind} rows of {options.shapes} are not measured: name {OPTIONS[kind]} FILE")
    shapes = shapes_of(options, plan) if options.gemms else []
    suffix = SPREAD_COLUMNS + PROVENANCE_COLUMNS
    tables = {
        "gemms": options.gemms and Table(options.gemms, GEMM_KEY, GEMM_KEY + suffix + ["layout"]),
        "memory": options.memory_ops
        and Table(options.memory_ops, MEMORY_KEY, MEMORY_KEY + ["bytes_read", "bytes_written"] + suffix),
        "attention": options.attention and Table(options.attention, ATTENTION_KEY, ATTENTION_KEY + suffix),
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
                    measure_memory_operations(
                        device, tables["memory"], planned["memory"] if planned else memory_plan(device, dtypes))
                if tables["attention"]:
                    measure_attention(
                        device, tables["attention"], planned["attention"] if planned else attention_plan(device, dtypes))
        finally:
            device.close()
    if options.collectives and (planned is None or planned["collective"]):
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
