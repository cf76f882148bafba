#!/usr/bin/env python3
"""How well a device file predicts GEMMs of weight matrices (k, n) that it has not seen.

A fifth of the weight matrices is left out in turn: the device file learns from the rows of the others (gemmcast fit), without the
remainder that it ships with, and is judged by the rows of the fifth (gemmcast validate), alone and with some rows of its own.

    scripts/device_accuracy.py measured.csv --device a100-sxm-80gb
    scripts/device_accuracy.py measured.csv --device a100-sxm-80gb --unknown     # nor its parameters, which saw all rows

Needs only Python and a built gemmcast (release, by default the one in .build).
"""

import argparse
import csv
import json
import pathlib
import random
import sys
import tempfile

from built_command import ROOT, add_command_option, run_gemmcast, write_rows


def read_rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def taught(specification, fits):
    """The device file with other fits in the place of those of their element types."""
    dtypes = {dtype for fit in fits for dtype in fit["dtypes"]}
    kept = [fit for fit in specification["kernels"].get("gemm_fits", []) if not dtypes & set(fit["dtypes"])]
    return {**specification, "kernels": {**specification["kernels"], "gemm_fits": kept + fits}}


def print_errors(name, rows):
    errors = sorted(abs(float(row["error_percent"])) for row in rows)
    inside = sum(float(row["predicted_lo_us"]) <= float(row["time_us"]) <= float(row["predicted_hi_us"]) for row in rows)
    print(f"{name:<16}{len(rows):>7}{sum(errors) / len(errors):>16.2f} %{errors[len(errors) // 2]:>10.2f} %"
          f"{errors[int(0.9 * len(errors))]:>10.2f} %{100 * inside / len(rows):>18.1f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", help="a CSV of measured GEMMs")
    parser.add_argument("--device", required=True, help="a device that comes with gemmcast")
    add_command_option(parser)
    parser.add_argument("--own-rows", type=int, default=64, help="rows of the fifth that a plan chooses")
    parser.add_argument("--unknown", action="store_true", help="begin as if no row of the device had taught its file")
    parser.add_argument("--seed", type=int, default=7, help="deals the weight matrices into fifths")
    options = parser.parse_args()

    shipped = ROOT / f"calibration/devices/{options.device}.json"
    for path, what in ((pathlib.Path(options.measured), "file"), (shipped, "device file")):
        if not path.is_file():
            sys.exit(f"there is no {what} {path}")
    rows = [row for row in read_rows(options.measured) if row.get("device") == options.device]
    if not rows:
        sys.exit(f"{options.measured} has no rows of {options.device}")
    if not {"k", "n"} <= rows[0].keys():
        sys.exit(f"{options.measured} has no columns k and n")
    weights = sorted({(row["k"], row["n"]) for row in rows})
    if len(weights) < 5:
        sys.exit(f"{options.measured} has fewer than five weight matrices (k, n) of {options.device}")
    random.Random(options.seed).shuffle(weights)
    specification = json.loads(shipped.read_text())
    fits = [] if options.unknown else specification["kernels"].get("gemm_fits", [])
    for fit in fits:
        fit.pop("remainder", None)
        fit.pop("remainder_of", None)
    specification["kernels"]["gemm_fits"] = fits

    alone, refined = [], []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        paths = {name: folder / name for name in ("begin.json", "learn.csv", "judge.csv", "fits.json", "taught.json", "out.csv")}

        def run(*arguments):
            run_gemmcast(options.gemmcast, *arguments, quiet=True)

        paths["begin.json"].write_text(json.dumps(specification))
        for part in range(5):
            print(f"device_accuracy: part {part + 1} of 5", file=sys.stderr)
            out = set(weights[part::5])
            for name, judges in (("learn.csv", False), ("judge.csv", True)):
                write_rows(paths[name], rows[0], [row.values() for row in rows if ((row["k"], row["n"]) in out) == judges])
            run("fit", paths["learn.csv"], "--device", paths["begin.json"], "--source", "four fifths", "--output", paths["fits.json"])
            paths["taught.json"].write_text(json.dumps(taught(specification, json.loads(paths["fits.json"].read_text()))))
            judge = ("validate", paths["judge.csv"], "--device", paths["taught.json"], "--format", "csv", "--output", paths["out.csv"])
            run(*judge)
            alone += read_rows(paths["out.csv"])
            run(*judge, "--own-rows", options.own_rows)
            refined += read_rows(paths["out.csv"])

    print(f"{options.device}, {len(weights)} weight matrices, a fifth left out in turn\n")
    print(f"{'model':<16}{'rows':>7}{'mean |error|':>18}{'median':>12}{'p90':>12}{'in 90 % interval':>20}")
    print_errors("device file", alone)
    print_errors(f"+ {options.own_rows} own rows", refined)


if __name__ == "__main__":
    main()
