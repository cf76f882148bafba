#!/usr/bin/env python3
"""What choosing shapes buys on this machine: held-out error against the number of shapes, by the way of choosing.

Measures log-uniform shapes in one run, whose passes are interleaved, sets some of them aside, and lets `gemmcast sampling-study`
pick from the others: nearest to a grid, at random, evenly spread, or where the model is least sure.

    scripts/sampling_study.py --threads 1
    scripts/sampling_study.py --counts 64 128 --repeats 5 --keep /tmp/study

Needs only Python and a built gemmcast (release, by default the one in .build).
"""

import argparse
import csv
import sys

from built_command import add_measuring_options, kept_folder, run_gemmcast, write_rows
from host_accuracy import held_out_shapes


def split(table, held_out, folder):
    """Writes the rows of a table whose (m, k, n) are held out, and the others, as two tables; their paths, the others first."""
    with open(table, newline="") as file:
        reader = csv.DictReader(file)
        parts = {False: [], True: []}
        for row in reader:
            parts[tuple(int(row[name]) for name in "mkn") in held_out].append([row[name] for name in reader.fieldnames])
    paths = folder / "pool.csv", folder / "held-out.csv"
    for path, is_held_out in zip(paths, (False, True)):
        write_rows(path, reader.fieldnames, parts[is_held_out])
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_measuring_options(parser)
    parser.add_argument("--pool", type=int, default=3000, help="shapes that may be picked")
    parser.add_argument("--held-out", type=int, default=600, help="shapes that are predicted")
    parser.add_argument("--budget", type=float, default=480, help="seconds of measuring at most")
    parser.add_argument("--counts", type=int, nargs="+", default=[96, 192, 384, 768], help="how many shapes to pick")
    parser.add_argument("--repeats", type=int, default=6, help="how often each way is tried; the mean is shown")
    options = parser.parse_args()

    folder = kept_folder(options.keep, "gemmcast-sampling-")
    shapes = held_out_shapes(options.pool + options.held_out, 2000 + options.seed)
    write_rows(folder / "shapes.csv", "mkn", shapes)
    table = folder / "all.csv"
    run_gemmcast(options.gemmcast, "calibrate", "--threads", options.threads, "--shapes", folder / "shapes.csv",
                 "--budget", options.budget, "--seed", options.seed, "--output", table, "--fresh")
    pool, held_out = split(table, set(shapes[:options.held_out]), folder)
    run_gemmcast(options.gemmcast, "sampling-study", pool, held_out, "--threads", options.threads,
                 "--repeats", options.repeats, "--seed", options.seed, "--counts", *options.counts, stdout=None)
    print(f"\ntables are in {folder}")


if __name__ == "__main__":
    sys.exit(main())
