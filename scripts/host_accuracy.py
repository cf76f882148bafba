#!/usr/bin/env python3
"""How well Get_Time predicts shapes on this machine that were never measured, beside measuring them again.

Calibrates for a minute, measures held-out shapes twice independently, predicts them, and prints mean and 95th percentile of
|error| against mean and 95th percentile of the |difference| of the two measurements, by regime, with the coverage of the 90 %
interval; once for shapes that are log-uniform, and for those of real models' weights with few rows, called again and again,
and as a step meets them (weights from memory, stored as [out, in]). A test during which the canary GEMM says that the host is in another state than in the calibration is measured
again, and said to be. Then the same for extrapolation: fitted on rows with m <= 2048, asked for m = 8192 to 65536.

    scripts/host_accuracy.py --threads 1
    scripts/host_accuracy.py --threads 2 --shapes 300 --keep /tmp/accuracy

Needs only Python and a built gemmcast (release, by default the one in .build).
"""

import argparse
import csv
import math
import random
import sys

from built_command import add_measuring_options, kept_folder, run_gemmcast, write_rows

# From this ratio of the canary's times on, the host is in another state: a virtual machine's cores, say, no longer share a
# last-level cache, which makes products of several threads up to eight times as long. A calibration cannot know that.
STATE_RATIO = 1.3

REGIMES = [
    ("all", lambda m, k, n: True),
    ("m, k, n >= 64", lambda m, k, n: min(m, k, n) >= 64),
    ("m <= 16", lambda m, k, n: m <= 16),
    ("flops < 1e7", lambda m, k, n: 2 * m * k * n < 1e7),
    ("flops >= 1e9", lambda m, k, n: 2 * m * k * n >= 1e9),
]


# The weights (k, n) of layers as their models' config.json files give them; gated projections stand side by side.
MODEL_WEIGHTS = {
    "gpt2": [(768, 768), (768, 3072), (3072, 768)],
    "gpt2-medium": [(1024, 1024), (1024, 4096), (4096, 1024)],
    "TinyLlama-1.1B": [(2048, 2048), (2048, 256), (2048, 11264), (5632, 2048)],
    "Qwen2.5-0.5B": [(896, 896), (896, 128), (896, 9728), (4864, 896)],
    "Qwen2.5-1.5B": [(1536, 1536), (1536, 256), (1536, 17920), (8960, 1536)],
    "Qwen3-0.6B": [(1024, 2048), (2048, 1024), (1024, 6144), (3072, 1024)],
    "Llama-3.2-1B": [(2048, 512), (2048, 16384), (8192, 2048)],
    "SmolLM2-135M": [(576, 576), (576, 192), (576, 3072), (1536, 576)],
    "pythia-410m": [(1024, 3072)],
    "phi-2": [(2560, 2560), (2560, 10240), (10240, 2560)],
}
MODEL_ROWS = [1, 2, 4, 7, 16, 64, 128]
MODEL_REGIMES = [
    ("all", lambda m, k, n: True),
    ("m <= 8", lambda m, k, n: m <= 8),
    ("m >= 16", lambda m, k, n: m >= 16),
    ("n % 512 = 0", lambda m, k, n: n % 512 == 0),
]


def model_shapes():
    """Each weight with each number of rows."""
    weights = sorted({weight for weights in MODEL_WEIGHTS.values() for weight in weights})
    return [(m, k, n) for k, n in weights for m in MODEL_ROWS]


def log_uniform(source, low, high):
    return min(high, max(low, round(math.exp(source.uniform(math.log(low), math.log(high + 1))))))


def held_out_shapes(count, seed):
    """Log-uniform in each dimension from 1 to 8192, of 1e4 to 1e10 flops."""
    source, shapes = random.Random(seed), set()
    while len(shapes) < count:
        shape = tuple(log_uniform(source, 1, 8192) for _ in range(3))
        if 1e4 <= 2 * math.prod(shape) <= 1e10:
            shapes.add(shape)
    return sorted(shapes, key=lambda _: source.random())


def long_shapes(count, seed):
    """m from 8192 to 65536, k and n from 64 to 4096, at most 4e10 flops so that a call stays below a second."""
    source, shapes = random.Random(seed + 1), set()
    while len(shapes) < count:
        shape = (log_uniform(source, 8192, 65536), log_uniform(source, 64, 4096), log_uniform(source, 64, 4096))
        if 2 * math.prod(shape) <= 4e10:
            shapes.add(shape)
    return sorted(shapes, key=lambda _: source.random())


def read_times(path):
    """Whole rows by shape, of a timing table's GEMM rows of one place of the operands: that of its first row."""
    times = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            place = [row.get(name) for name in ("cache", "trans_a", "trans_b")]
            first = place if not times else first
            if row.get("routine", "gemm") == "gemm" and place == first:
                times[tuple(int(row[name]) for name in "mkn")] = row
    return times


def usual_canary(path):
    """The time in us that the canary took on the undisturbed host during most of a run."""
    with open(path, newline="") as file:
        times = [float(row["canary_us"]) for row in csv.DictReader(file)]
    return sorted(times)[len(times) // 2]


def usual_kernel(path):
    """The OpenBLAS kernel of a table; another one has times of its own."""
    with open(path, newline="") as file:
        return next(csv.DictReader(file))["kernel"]


def count(path):
    with open(path, newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def quantile(values, q):
    values = sorted(values)
    position = q * (len(values) - 1)
    low = int(position)
    return values[low] + (position - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def print_table(title, rows):
    header = ("regime", "shapes", "mean |error|", "mean |difference|", "ratio", "p95 |error|", "p95 |difference|", "ratio",
              "in 90 % interval")
    lines = [header] + rows
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    print(f"\n{title}")
    for line in lines:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))))


def compare(first, second, predictions, regimes):
    """One line a regime; a shape's time is the mean of its two measurements."""
    rows = []
    for name, contains in regimes:
        errors, differences, covered = [], [], 0
        for shape, prediction in predictions.items():
            if shape not in first or shape not in second or not contains(*shape):
                continue
            a, b = float(first[shape]["time_us"]), float(second[shape]["time_us"])
            measured = (a + b) / 2
            errors.append(abs(float(prediction["time_us"]) - measured) / measured)
            differences.append(abs(a - b) / measured)
            covered += float(prediction["time_lo_us"]) <= measured <= float(prediction["time_hi_us"])
        if not errors:
            continue
        mean_error, mean_difference = sum(errors) / len(errors), sum(differences) / len(differences)
        p95_error, p95_difference = quantile(errors, 0.95), quantile(differences, 0.95)
        ratio = lambda x, y: f"{x / y:.2f}" if y > 0 else "-"
        rows.append((name, str(len(errors)), f"{100 * mean_error:.2f} %", f"{100 * mean_difference:.2f} %",
                     ratio(mean_error, mean_difference), f"{100 * p95_error:.2f} %", f"{100 * p95_difference:.2f} %",
                     ratio(p95_error, p95_difference), f"{100 * covered / len(errors):.1f} %"))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_measuring_options(parser)
    parser.add_argument("--budget", type=float, default=60, help="seconds of calibration")
    parser.add_argument("--test-budget", type=float, default=45, help="seconds at most for each measurement of held-out shapes")
    parser.add_argument("--shapes", type=int, default=300, help="held-out shapes")
    parser.add_argument("--long-shapes", type=int, default=40, help="shapes for extrapolation")
    parser.add_argument("--repeats", type=int, default=3,
                        help="how often a test is measured again when the host's state is not that of the calibration")
    options = parser.parse_args()

    folder = kept_folder(options.keep, "gemmcast-accuracy-")

    def run(*arguments):
        run_gemmcast(options.gemmcast, *arguments)

    def calibrate(name, *arguments):
        path = folder / name
        run("calibrate", "--threads", options.threads, "--seed", options.seed, "--output", path, "--fresh", *arguments)
        return path

    def test(name, shapes):
        """Measures shapes; once more, and again, when the host is no longer in the state that it was calibrated in."""
        for attempt in range(1 + options.repeats):
            path = calibrate(name, "--shapes", shapes, "--budget", options.test_budget, "--core-type", usual_kernel(table))
            ratio = usual_canary(path) / usual_canary(table)
            if max(ratio, 1 / ratio) <= STATE_RATIO or attempt == options.repeats:
                break
            print(f"{name}: the canary takes {ratio:.2f} times as long as in the calibration: measured again")
        states.append(ratio)
        return path

    def predict(model, shapes, name):
        answers = folder / name
        run("time", "--shapes", shapes, "--device", "host", "--threads", options.threads, "--table", model, "--format", "csv",
            "--output", answers)
        with open(answers, newline="") as file:
            return {tuple(int(row[x]) for x in "mkn"): row for row in csv.DictReader(file)}

    def fit(table, name):
        run("fit", table, "--output", folder / name)
        return folder / name

    models, steps = folder / "models.csv", folder / "steps.csv"
    write_rows(models, "mkn", model_shapes())
    write_rows(steps, ["m", "k", "n", "cache", "trans_b"], [(*shape, "sequence", 1) for shape in model_shapes()])
    held_out, long = folder / "held-out.csv", folder / "long.csv"
    write_rows(held_out, "mkn", held_out_shapes(options.shapes, 1000 + options.seed))
    write_rows(long, "mkn", long_shapes(options.long_shapes, 1000 + options.seed))

    table = calibrate("train.csv", "--budget", options.budget)
    states = []
    tests = [test(f"test-{x}.csv", held_out) for x in "ab"]
    hot, met = ([test(f"{name}-{x}.csv", file) for x in "ab"] for name, file in (("models", models), ("steps", steps)))
    longs = [test(f"long-{x}.csv", long) for x in "ab"]

    print(f"{options.threads} thread(s), {count(table)} rows calibrated in at most {options.budget:g} s")
    print(f"canary {usual_canary(table):.1f} us; in the tests "
          + ", ".join(f"{ratio:.2f}" for ratio in states) + " times that")
    model = fit(table, "model.json")
    predictions = predict(model, held_out, "predictions.csv")
    print_table("Held-out shapes, 1 to 8192 in each dimension, 1e4 to 1e10 flops",
                compare(*map(read_times, tests), predictions, REGIMES))

    print_table("Shapes of models, called again and again",
                compare(*map(read_times, hot), predict(model, models, "models-predictions.csv"), MODEL_REGIMES))
    print_table("Shapes of models as a step meets them: weights from memory, [out, in]",
                compare(*map(read_times, met), predict(model, steps, "steps-predictions.csv"), MODEL_REGIMES))

    with open(table, newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if int(row["m"]) <= 2048 or row["routine"] != "gemm"]
    short = folder / "short.csv"
    write_rows(short, reader.fieldnames, [[row[name] for name in reader.fieldnames] for row in rows])
    predictions = predict(fit(short, "short.json"), long, "long-predictions.csv")
    print_table("Extrapolation: fitted on m <= 2048, m = 8192 to 65536, k and n = 64 to 4096",
                compare(*map(read_times, longs), predictions, [("extrapolated", lambda m, k, n: True)]))
    print(f"\ntables are in {folder}")


if __name__ == "__main__":
    sys.exit(main())
