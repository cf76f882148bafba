#!/usr/bin/env python3
"""Runs gemmcast on thousands of spoilt inputs of every kind that it reads, and fails where one ends otherwise than it may.

Each run must end within the time limit, by itself, with a code that the documentation names, and with one line of error
where there is one; what it prints with code 0 holds no nan and no inf. Inputs are drawn from --seed and their number
alone: a failure's `--only N` makes it again and keeps its files.

    scripts/fuzz.py --runs 10000
    swift build -c release --sanitize=address --scratch-path .build-asan --product gemmcast
    scripts/fuzz.py --gemmcast .build-asan/release/gemmcast --runs 2000 --time-limit 120
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fuzzing import mutations, seeds  # noqa: E402

# What the documentation of exit codes names; 1 is a limit that validate was asked to watch.
CODES = {0, 1, 64, 65, 66, 69, 70, 73, 74}
NO_NUMBER = re.compile(rb"(?:^|[,\s:\[])[-+]?(?:nan|inf|infinity)(?=[,\s\]}]|$)", re.I | re.M)
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def command_of(kind, folder, model, table):
    name, _, _, file, arguments = kind
    path = folder / file
    places = {"INPUT": str(path), "MODEL": str(model), "TABLE": str(table)}
    return path, [places.get(argument, argument) for argument in arguments]


def judge(kind, code, output, errors):
    """What is wrong with how a run ended; None where nothing is."""
    if code < 0 or code >= 128:
        return f"ended by signal {-code if code < 0 else code - 128}"
    if code not in CODES:
        return f"ended with {code}"
    text = errors.decode("utf-8", "replace")
    if "Sanitizer" in text or "Fatal error" in text or "NSCocoaErrorDomain" in text:
        return "said: " + next(line for line in text.splitlines() if "Sanitizer" in line or "rror" in line)[:200]
    if STEERING.search(text):
        return "control characters on standard error"
    if code not in (0, 1):
        if output:
            return f"printed a result and ended with {code}"
        lines = [line for line in text.splitlines() if line.startswith("gemmcast: error: ")]
        if len(lines) != 1 or text.splitlines()[-1] != lines[0]:
            return f"ended with {code} and {len(lines)} lines of error"
        if len(lines[0]) > 6000:
            return f"an error of {len(lines[0])} characters"
    # Names of devices and tables are carried along as they are; figures are fields of their own.
    elif kind[4][0] in ("time", "table", "estimate", "fit") and NO_NUMBER.search(output):
        return "no number in the output: " + NO_NUMBER.search(output).group().decode().strip()
    return None


def run(options, kinds, index, keep=None):
    """One run: its kind, exit code and failure."""
    rng = random.Random(f"{options.seed}:{index}")
    weights = [1 if kind[0] in ("fit", "fit-cache") else 12 for kind in kinds]
    kind = rng.choices(kinds, weights)[0]
    folder = pathlib.Path(keep or tempfile.mkdtemp(prefix="gemmcast-fuzz-"))
    try:
        path, arguments = command_of(kind, folder, options.model, options.table)
        if kind[0] == "fit-cache":
            path = folder / "gemmcast/fits" / kind[3]
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mutations.of(kind[2].encode(), kind[1], rng))
        environment = {
            "PATH": os.environ.get("PATH", ""), "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder if kind[0] == "fit-cache" else options.cache),
            "GEMMCAST_TABLE": str(options.model), "ASAN_OPTIONS": "detect_leaks=0",
        }
        if keep:
            print("command:", options.gemmcast, *arguments)
        try:
            result = subprocess.run(
                [options.gemmcast, *arguments], capture_output=True, timeout=options.time_limit, env=environment,
                cwd=folder, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return kind[0], "time-out", f"took more than {options.time_limit} s"
        if keep:
            sys.stdout.buffer.write(result.stderr[-2000:])
        return kind[0], result.returncode, judge(kind, result.returncode, result.stdout, result.stderr)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def prepare(options, folder):
    """A fitted model and a kept fit, made once by the command itself."""
    options.table = folder / "host.csv"
    options.table.write_text(seeds.host_table())
    options.model = folder / "host.json"
    options.cache = folder / "cache"
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "XDG_CACHE_HOME": str(options.cache)}
    shape = ["--m", "8", "--k", "8", "--n", "8", "--device", "host"]
    for arguments in (
        ["fit", str(options.table), "--output", str(options.model)],
        ["time", *shape, "--table", str(options.table)],
    ):
        try:
            result = subprocess.run(
                [options.gemmcast, *arguments], capture_output=True, env=environment, stdin=subprocess.DEVNULL)
        except OSError as error:
            print(f"{options.gemmcast}: {error.strerror}; build it, or name it with --gemmcast", file=sys.stderr)
            sys.exit(69)
        if result.returncode != 0:
            sys.stderr.buffer.write(result.stderr)
            sys.exit(70)
    kept = next(iter((options.cache / "gemmcast/fits").glob("*.fit")), None)
    return seeds.kinds(options.model, (kept.name, kept.read_text()) if kept else None)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gemmcast", default=str(seeds.ROOT / ".build/release/gemmcast"), help="the built command")
    parser.add_argument("--runs", type=int, default=1000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=1, help="decides all that is drawn")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many runs at a time")
    parser.add_argument("--time-limit", type=float, default=20, help="seconds that one run may take")
    parser.add_argument("--only", type=int, help="this run alone, with its command; its files are kept")
    parser.add_argument("--kind", help="only kinds whose name contains this")
    options = parser.parse_args()
    options.gemmcast = str(pathlib.Path(options.gemmcast).resolve())

    with tempfile.TemporaryDirectory(prefix="gemmcast-fuzz-") as name:
        kinds = prepare(options, pathlib.Path(name))
        if options.kind:
            kinds = [kind for kind in kinds if options.kind in kind[0]]
        if not kinds:
            print(f"fuzz: there is no kind {options.kind}", file=sys.stderr)
            return 64
        if options.only is not None:
            kept = tempfile.mkdtemp(prefix=f"gemmcast-fuzz-{options.only}-")
            shutil.copy(options.model, kept)
            kind, code, problem = run(options, kinds, options.only, keep=kept)
            print(f"{kind}: {code}; {problem or 'as it may'}; its files are in {kept}")
            return 1 if problem else 0
        counts = collections.defaultdict(collections.Counter)
        failures = []
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for index, (kind, code, problem) in enumerate(
                pool.map(lambda index: run(options, kinds, index), range(options.runs))
            ):
                counts[kind][code] += 1
                if problem:
                    failures.append((index, kind, problem))
                    print(f"failure: --seed {options.seed} --only {index} ({kind}): {problem}", flush=True)
    codes = sorted({code for counter in counts.values() for code in counter}, key=str)
    print(f"{'kind':28}" + "".join(f"{code!s:>9}" for code in codes))
    for kind in sorted(counts):
        print(f"{kind:28}" + "".join(f"{counts[kind][code]:9}" for code in codes))
    total = sum(sum(counter.values()) for counter in counts.values())
    print(f"{'all':28}" + "".join(f"{sum(counter[code] for counter in counts.values()):9}" for code in codes))
    print(f"{total} runs, {len(failures)} failures (seed {options.seed})")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
