"""CSV tables that grow row by row, and their columns."""

import csv
import io
import os

from .failures import CANNOT_CREATE, DATA_ERROR, NO_INPUT, Failure

SPREAD_COLUMNS = ["time_us", "time_lo_us", "time_hi_us", "time_min_us", "samples"]
PROVENANCE_COLUMNS = [
    "calls_per_sample", "method", "threads", "cache", "library", "kernel", "cpu", "driver", "sm_clock_mhz",
    "memory_clock_mhz", "power_w", "temperature_c", "timestamp", "run",
]
GEMM_KEY = ["device", "dtype", "m", "k", "n", "batch"]
MEMORY_KEY = ["device", "dtype", "op", "rows", "columns"]
ATTENTION_KEY = ["device", "dtype", "batch", "seq", "heads", "kv_heads", "head_dim", "step", "variant"]
COLLECTIVE_KEY = ["device", "collective", "ranks", "nodes", "bytes"]


class Table:
    """A CSV file that grows by whole rows. What an interrupted write left of a last row is dropped by the next run."""

    def __init__(self, path, key, columns):
        self.path, self.key, self.columns, self.done = path, key, columns, set()
        if not os.path.exists(path):
            folder = os.path.dirname(os.path.abspath(path))
            if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
                raise Failure(CANNOT_CREATE, f"{path}: cannot be written; name a file in a folder that you may write to")
            return
        try:
            with open(path, newline="", encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(NO_INPUT, f"{path}: cannot be read: {error}") from error
        whole = text[: text.rfind("\n") + 1]
        rows = list(csv.reader(io.StringIO(whole, newline="")))
        if text and (not rows or rows[0] != columns):
            raise Failure(
                DATA_ERROR, f"{path}:1: the header is not this tool's; name another file, or one that it has written")
        for number, fields in enumerate(rows[1:], 2):
            if len(fields) != len(columns):
                raise Failure(
                    DATA_ERROR, f"{path}:{number}: the row has {len(fields)} fields; {len(columns)} are expected")
            self.remember(dict(zip(columns, fields)))
        if whole != text:
            self.replace(whole)

    def remember(self, row):
        self.done.add(tuple(row[name] for name in self.key))

    def has(self, row):
        return tuple(str(row[name]) for name in self.key) in self.done

    def add(self, row):
        row = {name: str(row.get(name, "")) for name in self.columns}
        if not os.path.exists(self.path) or os.path.getsize(self.path) == 0:
            self.replace(line(self.columns))
        try:
            with open(self.path, "a", newline="", encoding="utf-8") as file:
                file.write(line(row.values()))
        except OSError as error:
            raise Failure(CANNOT_CREATE, f"{self.path}: cannot be written: {error}") from error
        self.remember(row)

    def replace(self, text):
        temporary = f"{self.path}.{os.getpid()}.partial"
        try:
            with open(temporary, "w", newline="", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except OSError as error:
            raise Failure(CANNOT_CREATE, f"{self.path}: cannot be written: {error}") from error
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)


def line(fields):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue()
