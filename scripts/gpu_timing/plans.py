"""A plan of rows of several kinds, as `gemmcast calibrate --plan N --for MODEL` writes it."""

import csv

from .exchanges import COLLECTIVES
from .failures import DATA_ERROR, NO_INPUT, Failure
from .kernels import MEMORY_OPERATIONS
from .shapes import SIZES, read_shapes

KINDS = ("gemm", "collective", "memory", "attention")
# Which option names the table of each.
OPTIONS = {"gemm": "--gemms", "collective": "--collectives", "memory": "--memory-ops", "attention": "--attention"}


class Plan:
    """The rows of each kind in the plan's order: the most telling first.

    gemm: (m, k, n, batch, dtype); collective: (name, ranks, bytes); memory: (op, dtype, rows, columns); attention: (dtype,
    batch, query length, heads, key-value heads, head dimension, length of the cache before).
    """

    def __init__(self, path):
        self.rows = {kind: [] for kind in KINDS}
        try:
            with open(path, newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file)
                self.is_of_kinds = "kind" in (reader.fieldnames or [])
                if not self.is_of_kinds:
                    self.rows["gemm"] = read_shapes(path)
                    return
                for fields in reader:
                    self.add(fields, f"{path}:{reader.line_num}")
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(NO_INPUT, f"{path}: cannot be read: {error}") from error
        if not any(self.rows.values()):
            raise Failure(DATA_ERROR, f"{path}: has no rows; add a row a kernel")

    def add(self, fields, place):
        def number(name, least=1):
            text = fields.get(name) or ""
            if not text.isdigit() or int(text) < least:
                raise Failure(DATA_ERROR, f"{place}: {name} is {text or 'empty'}; a whole number of at least {least} is expected")
            return int(text)

        def word(name, known):
            text = fields.get(name) or ""
            if text not in known:
                raise Failure(DATA_ERROR, f"{place}: {name} is {text or 'empty'}; one of {', '.join(known)} is expected")
            return text

        kind = word("kind", KINDS)
        if kind == "gemm":
            row = (*(number(name) for name in ("m", "k", "n", "batch")), word("dtype", SIZES))
        elif kind == "collective":
            if number("nodes") != 1:
                raise Failure(DATA_ERROR, f"{place}: nodes is {fields['nodes']}; 1 is expected: plans are of one node")
            row = (word("collective", COLLECTIVES), number("ranks", 2), number("bytes"))
        elif kind == "memory":
            row = (word("op", MEMORY_OPERATIONS), word("dtype", ("fp32", "fp16", "bf16")), number("rows"), number("columns"))
        else:
            row = (word("dtype", ("fp32", "fp16", "bf16")),
                   *(number(name) for name in ("batch", "seq", "heads", "kv_heads", "head_dim")), number("step", 0))
        self.rows[kind].append(row)
