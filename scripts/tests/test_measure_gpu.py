"""Tests of measure_gpu.py: python3 -m unittest discover -s scripts/tests

What needs PyTorch is skipped where it is not installed; no test needs a GPU.
"""

import csv
import importlib.util
import math
import os
import random
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)
SCRIPT = os.path.join(SCRIPTS, "measure_gpu.py")
sys.path.insert(0, SCRIPTS)

from gpu_timing import exchanges, failures, kernels, plans, shapes, statistics, tables  # noqa: E402

HAS_TORCH = importlib.util.find_spec("torch") is not None


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False, timeout=300)


class SummaryTests(unittest.TestCase):
    def test_ranks_are_those_of_published_tables(self):
        # Conover, Practical Nonparametric Statistics, 3rd ed., table A3 at p = 0.5: the 2nd and 9th of 10 samples, the
        # 6th and 15th of 20.
        for count, low in ((6, 1), (10, 2), (20, 6)):
            _, first, last, _, _ = statistics.summary(range(1, count + 1))
            self.assertEqual((first, last), (low, count + 1 - low))

    def test_interval_covers_at_least_as_often_as_it_says(self):
        for count in range(6, 60):
            _, low, _, _, _ = statistics.summary(range(count))
            missed = 2 * sum(math.comb(count, below) for below in range(int(low) + 1)) / 2**count
            self.assertLessEqual(missed, 0.05)

    def test_few_samples_give_their_range(self):
        self.assertEqual(statistics.summary([3, 1, 2]), (2, 1, 3, 1, 3))

    def test_sampling_ends_when_the_interval_is_narrow(self):
        source = random.Random(3)
        noisy = [1 + 0.2 * source.random() for _ in range(40)]
        self.assertFalse(statistics.is_settled([1.0] * 9, 0.01))
        self.assertTrue(statistics.is_settled([1.0] * 10, 0.01))
        self.assertFalse(statistics.is_settled(noisy, 0.001))


class ShapeTests(unittest.TestCase):
    def test_a_shape_is_halved_until_it_fits(self):
        memory = 2e9
        for shape in shapes.reference_shapes():
            m, k, n, batch, _ = shapes.fitting(shape, 2, memory)
            self.assertLessEqual(2 * batch * (m * k + k * n) + 4 * batch * m * n, memory)
            self.assertEqual((k, n), shape[1:3])
            self.assertTrue(m == shape[0] or shape[3] == 1)
        self.assertIsNone(shapes.fitting((1, 1 << 20, 1 << 20, 1, None), 2, memory))

    def test_lists_are_the_same_twice_and_legal(self):
        self.assertEqual(shapes.random_shapes(50, 7), shapes.random_shapes(50, 7))
        self.assertNotEqual(shapes.random_shapes(50, 7), shapes.random_shapes(50, 8))
        models = shapes.model_shapes()
        self.assertEqual(len(models), len(set(models)))
        # Llama 3.1 70B at tp 8: 8 query heads and one key and one value head of 128, and a gated MLP.
        self.assertIn((4096, 8192, 1280, 1, None), models)
        self.assertIn((4096, 8192, 7168, 1, None), models)
        for m, k, n, batch, _ in models + shapes.random_shapes(50, 7):
            self.assertTrue(min(m, k, n, batch) >= 1)

    def test_faults_of_a_list_are_placed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "shapes.csv")
            for text, culprit in (("m,k\n1,2\n", ":1: the column n"), ("m,k,n\n1,2,3\n1,x,3\n", ":3: k is x"),
                                  ("m,k,n,dtype\n1,2,3,fp12\n", ":2: dtype is fp12"), ("m,k,n\n", "no rows")):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                with self.assertRaisesRegex(failures.Failure, culprit) as caught:
                    shapes.read_shapes(path)
                self.assertEqual(caught.exception.status, 65)
            with open(path, "w", encoding="utf-8") as file:
                file.write("m,k,n,batch,dtype\n1,2,3,4,fp16\n")
            self.assertEqual(shapes.read_shapes(path), [(1, 2, 3, 4, "fp16")])


class PlanTests(unittest.TestCase):
    HEADER = ("kind,device,dtype,m,k,n,batch,op,rows,columns,seq,heads,kv_heads,head_dim,step,collective,ranks,nodes,bytes,"
              "interval_percent\n")
    ROWS = {
        "gemm": "gemm,x,bf16,16,32,48,1,,,,,,,,,,,,,8.1\n",
        "collective": "collective,x,,,,,,,,,,,,,,all_reduce,8,1,4096,8\n",
        "memory": "memory,x,bf16,,,,,rms_norm,128,8192,,,,,,,,,,7.9\n",
        "attention": "attention,x,bf16,,,,4,,,,1,8,1,128,4095,,,,,7.8\n",
    }

    def plan(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "plan.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return plans.Plan(path)

    def test_rows_of_every_kind_are_read(self):
        plan = self.plan(self.HEADER + "".join(self.ROWS.values()))
        self.assertTrue(plan.is_of_kinds)
        self.assertEqual(plan.rows, {
            "gemm": [(16, 32, 48, 1, "bf16")], "collective": [("all_reduce", 8, 4096)],
            "memory": [("rms_norm", "bf16", 128, 8192)], "attention": [("bf16", 4, 1, 8, 1, 128, 4095)]})

    def test_shapes_alone_are_gemms(self):
        plan = self.plan("m,k,n\n1,2,3\n")
        self.assertFalse(plan.is_of_kinds)
        self.assertEqual(plan.rows["gemm"], [(1, 2, 3, 1, None)])

    def test_faults_are_placed(self):
        for kind, old, new, culprit in (
                ("gemm", "bf16", "int8", "dtype is int8"), ("gemm", "16,32", "0,32", "m is 0"),
                ("collective", ",8,1,", ",1,1,", "ranks is 1"), ("collective", ",8,1,", ",8,2,", "nodes is 2"),
                ("memory", "rms_norm", "swiglu", "op is swiglu"), ("attention", "4095", "", "step is empty"),
                ("memory", "memory", "disk", "kind is disk")):
            with self.assertRaisesRegex(failures.Failure, ":3: " + culprit) as caught:
                self.plan(self.HEADER + self.ROWS["gemm"] + self.ROWS[kind].replace(old, new, 1))
            self.assertEqual(caught.exception.status, 65)
        with self.assertRaisesRegex(failures.Failure, "no rows"):
            self.plan(self.HEADER)

    def test_planned_exchanges_are_those_of_their_ranks(self):
        class Options:
            exchanges = [("all_reduce", 8, 4096), ("all_gather", 4, 8192), ("all_reduce", 3, 6), ("all_reduce", 8, 64)]

        self.assertEqual(exchanges.numbers_of_ranks(4, Options), ([3, 4], [8]))
        self.assertEqual(exchanges.exchange_sizes(8, Options, True)["all_reduce"], [4096, 64])
        self.assertEqual(exchanges.exchange_sizes(4, Options, True)["all_reduce"], [])
        Options.exchanges = None
        self.assertEqual(exchanges.numbers_of_ranks(9, Options), ([2, 4, 8], []))
        self.assertNotIn("sendrecv", exchanges.exchange_sizes(4, Options, True))
        self.assertEqual(len(exchanges.exchange_sizes(2, Options, True)["sendrecv"]), 21)

    def test_planned_passes_are_what_is_measured(self):
        class Device:
            name, memory = "x", 1e9

            def within_budget(self, plan):
                return enumerate(plan, 1)

            def turns(self, changing, fixed):
                return 2

            def measure(self, calls, footprint):
                return {"time_us": "1.0", "samples": len(calls)}

        original, asked = kernels.memory_call, []
        kernels.memory_call = lambda device, *row: (asked.append(row), 8, 4)
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "ops.csv")
                table = tables.Table(path, tables.MEMORY_KEY, tables.MEMORY_KEY + ["bytes_read", "bytes_written"])
                kernels.measure_memory_operations(Device(), table, [("rms_norm", "bf16", 128, 8192)])
                self.assertEqual([(row["op"], row["rows"], row["columns"], row["bytes_read"]) for row in read(path)],
                                 [("rms_norm", "128", "8192", "8")])
        finally:
            kernels.memory_call = original
        self.assertEqual(asked, [("rms_norm", "bf16", 128, 8192)] * 2)


class TableTests(unittest.TestCase):
    def test_a_table_is_continued_and_always_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "table.csv")
            table = tables.Table(path, ["a"], ["a", "b"])
            table.add({"a": 1, "b": "x, y"})
            self.assertEqual(read(path), [{"a": "1", "b": "x, y"}])
            again = tables.Table(path, ["a"], ["a", "b"])
            self.assertTrue(again.has({"a": 1}))
            self.assertFalse(again.has({"a": 2}))
            again.add({"a": 2})
            self.assertEqual([row["a"] for row in read(path)], ["1", "2"])
            self.assertEqual(os.listdir(folder), ["table.csv"])

    def test_half_a_row_is_dropped_and_measured_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "table.csv")
            tables.Table(path, ["a"], ["a", "b"]).add({"a": 1, "b": 2})
            with open(path, "a", encoding="utf-8") as file:
                file.write("2,")
            again = tables.Table(path, ["a"], ["a", "b"])
            self.assertFalse(again.has({"a": 2}))
            again.add({"a": 2, "b": 3})
            self.assertEqual(read(path), [{"a": "1", "b": "2"}, {"a": "2", "b": "3"}])

    def test_another_header_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "table.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write("something,else\n1,2\n")
            with self.assertRaises(failures.Failure) as caught:
                tables.Table(path, ["a"], ["a", "b"])
            self.assertEqual(caught.exception.status, 65)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), "something,else\n1,2\n")


class CommandTests(unittest.TestCase):
    def test_usage_is_said_in_a_line(self):
        for arguments, status in (((), 64), (("--gemms", "x.csv", "--dtypes", "fp12"), 64),
                                  (("--gemms", "/nowhere/x.csv"), 73), (("--gemms", "x.csv", "--shapes", "/no"), 66)):
            result = run(*arguments)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertEqual(len(result.stderr.strip().splitlines()), 1)

    @unittest.skipUnless(HAS_TORCH, "PyTorch is not installed")
    def test_the_cpu_is_measured_and_a_second_run_adds_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            plan, table = os.path.join(folder, "plan.csv"), os.path.join(folder, "table.csv")
            with open(plan, "w", encoding="utf-8") as file:
                file.write("m,k,n,batch,dtype\n16,32,48,1,fp32\n8,16,24,3,fp32\n1,64,64,1,fp32\n1,64,64,1,fp8\n")
            command = ["--device", "cpu", "--name", "here", "--gemms", table, "--shapes", plan, "--dtypes",
                       "fp32,fp8", "--settle", "0", "--warm-up", "0", "--time-limit", "0.05"]
            first = run(*command)
            self.assertEqual(first.returncode, 0, first.stderr)
            self.assertIn("fp8", first.stderr)
            rows = read(table)
            self.assertEqual(
                sorted((row["m"], row["k"], row["n"], row["batch"]) for row in rows),
                [("1", "64", "64", "1"), ("16", "32", "48", "1"), ("8", "16", "24", "3")])
            for row in rows:
                self.assertEqual((row["device"], row["dtype"]), ("here", "fp32"))
                low, time, high = (float(row[name]) for name in ("time_lo_us", "time_us", "time_hi_us"))
                self.assertTrue(0 < float(row["time_min_us"]) <= low <= time <= high)
            self.assertEqual(run(*command).returncode, 0)
            self.assertEqual(read(table), rows)


if __name__ == "__main__":
    unittest.main()
