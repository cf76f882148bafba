"""CSV tables that grow row by row, and their columns."""

import csv
import os

from .failures import CANNOT_CREATE, DATA_ERROR, NO_INPUT, Failure

SPREAD_COLUMNS = ["time_us", "time_lo_us", "time_hi_us", "time_min_us", "samples"]
PROVENANCE_COLUMNS = [
    "calls_per_sample", "method", "threads", "cache", "library", "kernel", "cpu", "driver", "sm_clock_mhz",
    "memory_clock_mhz", "power_w", "temperature_c", "timestamp", "run",
]
GEMM_KEY = ["device", "dtype", "m", "k", "n", "batch"]
MEMORY_KEY = ["device", "dtype", "op", "rows", "columns"]
ATTENTION_KEY = ["device", "dtype", "batch", "seq", "heads", "kv_heads", "head_dim", "step"]
COLLECTIVE_KEY = ["device", "collective", "ranks", "nodes", "bytes"]


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
