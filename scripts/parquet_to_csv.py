#!/usr/bin/env python3
"""Writes a Parquet, Arrow or Feather file as CSV, for `gemmcast import` and every other reader of CSV.

    scripts/parquet_to_csv.py gemm_perf.parquet > gemm_perf.csv
    scripts/parquet_to_csv.py gemm_perf.parquet | gemmcast import - --output gemms.csv

Needs pyarrow: python3 -m venv venv && venv/bin/pip install pyarrow && venv/bin/python scripts/parquet_to_csv.py FILE
"""

import argparse
import csv
import os
import sys

DATA, NO_INPUT, MISSING = 65, 66, 69


class Failure(Exception):
    """A message for the user, and the exit code of sysexits.h."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def load_pyarrow():
    try:
        import pyarrow
        import pyarrow.feather
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError as error:
        raise Failure(MISSING, f"pyarrow is missing ({error}); install it: python3 -m venv venv && "
                               "venv/bin/pip install pyarrow") from error
    return pyarrow


def read_table(path):
    """The table of a file, whose kind its first bytes tell."""
    try:
        with open(path, "rb") as file:
            magic = file.read(6)
    except OSError as error:
        raise Failure(NO_INPUT, f"{path}: cannot be read: {error.strerror}") from error
    pyarrow = load_pyarrow()
    try:
        if magic.startswith(b"PAR1"):
            # A file alone: folders named like year=2024 above it add no columns.
            return pyarrow.parquet.ParquetFile(path).read()
        if magic == b"ARROW1" or magic.startswith(b"FEA1"):
            return pyarrow.feather.read_table(path)
        if magic.startswith(b"\xff\xff\xff\xff"):
            with pyarrow.OSFile(path) as source:
                return pyarrow.ipc.open_stream(source).read_all()
    except (pyarrow.ArrowException, OSError) as error:
        raise Failure(DATA, f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    raise Failure(DATA, f"{path}: is no Parquet, Arrow or Feather file")


def check_columns(path, table):
    """Lists and structures have no one way into a field of a CSV."""
    import pyarrow.types

    for field in table.schema:
        if pyarrow.types.is_nested(field.type):
            raise Failure(DATA, f"{path}: column {field.name} is of type {field.type}; "
                                "columns of numbers, text and times can be written")


def write_csv(table, output):
    """Rows as RFC 4180; numbers so that they read back as the same, an absent value as an empty field."""
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(table.column_names)
    for batch in table.to_batches():
        writer.writerows(zip(*(column.to_pylist() for column in batch.columns)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="the Parquet, Arrow or Feather file")
    path = parser.parse_args().file
    try:
        table = read_table(path)
        check_columns(path, table)
        write_csv(table, sys.stdout)
        sys.stdout.flush()
    except Failure as failure:
        print(f"parquet_to_csv.py: error: {failure}", file=sys.stderr)
        return failure.code
    except BrokenPipeError:
        # The reader wanted no more; nothing is left to be flushed at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
