"""Tests of what the accuracy scripts compute by themselves, and of how they end; none measures anything here."""

import contextlib
import csv
import io
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))

import built_command  # noqa: E402
import device_accuracy  # noqa: E402
import host_accuracy  # noqa: E402
import sampling_study  # noqa: E402


class Shapes(unittest.TestCase):
    def test_held_out_shapes_are_distinct_and_within_the_stated_work(self):
        shapes = host_accuracy.held_out_shapes(500, 3)
        self.assertEqual(len(set(shapes)), 500)
        self.assertTrue(all(1 <= x <= 8192 for shape in shapes for x in shape))
        self.assertTrue(all(1e4 <= 2 * math.prod(shape) <= 1e10 for shape in shapes))
        self.assertEqual(shapes, host_accuracy.held_out_shapes(500, 3))
        self.assertNotEqual(shapes, host_accuracy.held_out_shapes(500, 4))

    def test_half_of_each_extent_lies_below_the_middle_of_the_logarithms(self):
        # Without the bounds on the work the middle would be 2^6.5; they take shapes from both ends.
        shapes = host_accuracy.held_out_shapes(2000, 5)
        for axis in range(3):
            below = sum(shape[axis] < 2 ** 6.5 for shape in shapes)
            self.assertTrue(850 < below < 1150, below)

    def test_long_shapes_lie_beyond_the_rows_that_a_fit_keeps(self):
        shapes = host_accuracy.long_shapes(200, 3)
        self.assertTrue(all(8192 <= m <= 65536 and 64 <= k <= 4096 and 64 <= n <= 4096 for m, k, n in shapes))
        self.assertTrue(all(2 * math.prod(shape) <= 4e10 for shape in shapes))


class Comparing(unittest.TestCase):
    def test_errors_are_against_the_mean_of_the_two_measurements(self):
        first = {(1, 1, 1): {"time_us": "9"}, (2, 2, 2): {"time_us": "20"}, (3, 3, 3): {"time_us": "1"}}
        second = {(1, 1, 1): {"time_us": "11"}, (2, 2, 2): {"time_us": "20"}}
        predictions = {
            (1, 1, 1): {"time_us": "12", "time_lo_us": "10", "time_hi_us": "14"},
            (2, 2, 2): {"time_us": "18", "time_lo_us": "17", "time_hi_us": "19"},
            (3, 3, 3): {"time_us": "5", "time_lo_us": "4", "time_hi_us": "6"},
        }
        everything, few, none = ("all", lambda m, k, n: True), ("m = 1", lambda m, k, n: m == 1), ("m = 9", lambda m, k, n: m == 9)
        rows = host_accuracy.compare(first, second, predictions, [everything, few, none])
        # 20 and 10 % of error, 20 and 0 % of difference; what was not measured twice does not count.
        self.assertEqual([row[0] for row in rows], ["all", "m = 1"])
        self.assertEqual(rows[0][1:5], ("2", "15.00 %", "10.00 %", "1.50"))
        self.assertEqual(rows[0][8], "50.0 %")
        self.assertEqual(rows[1][1:5], ("1", "20.00 %", "20.00 %", "1.00"))
        self.assertEqual(rows[1][8], "100.0 %")

    def test_quantiles_lie_between_the_values(self):
        self.assertEqual(host_accuracy.quantile([3, 1, 2], 0.5), 2)
        self.assertAlmostEqual(host_accuracy.quantile([0, 10], 0.95), 9.5)
        self.assertEqual(host_accuracy.quantile([7], 0.95), 7)


class Running(unittest.TestCase):
    def ended(self, *command, **options):
        """The status that a script ends with after this command, and what it says before."""
        said = io.StringIO()
        with self.assertRaises(SystemExit) as failure, contextlib.redirect_stderr(said):
            built_command.run_gemmcast(*command, **options)
        return failure.exception.code, said.getvalue()

    def test_a_command_that_fails_ends_the_script_with_its_status(self):
        built_command.run_gemmcast(sys.executable, "-c", "pass")
        self.assertEqual(self.ended(sys.executable, "-c", "raise SystemExit(64)"), (64, ""))

    def test_a_quiet_command_says_what_went_wrong_only_when_it_fails(self):
        speaking = "import sys; print('a line', file=sys.stderr); sys.exit(int(sys.argv[1]))"
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            built_command.run_gemmcast(sys.executable, "-c", speaking, 0, quiet=True)
        self.assertEqual(said.getvalue(), "")
        self.assertEqual(self.ended(sys.executable, "-c", speaking, 65, quiet=True), (65, "a line\n"))

    def test_a_command_that_is_not_there_is_named(self):
        status, said = self.ended("/nonexistent/gemmcast", "fit")
        self.assertEqual(status, 69)
        self.assertTrue(said.startswith("/nonexistent/gemmcast: "), said)
        self.assertEqual(said.count("\n"), 1)


class DeviceFiles(unittest.TestCase):
    def test_other_fits_take_the_place_of_those_of_their_element_types(self):
        specification = {"name": "x", "kernels": {"gemm_fits": [{"dtypes": ["bf16", "fp16"], "by": 1}, {"dtypes": ["fp32"], "by": 2}]}}
        fits = device_accuracy.taught(specification, [{"dtypes": ["fp16"], "by": 3}])["kernels"]["gemm_fits"]
        self.assertEqual([fit["by"] for fit in fits], [2, 3])
        self.assertEqual(len(specification["kernels"]["gemm_fits"]), 2)

    def test_tables_that_cannot_be_parted_are_named(self):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "rows.csv"
            script = pathlib.Path(device_accuracy.__file__)

            def said():
                command = [sys.executable, str(script), str(path), "--device", "a100-sxm-80gb"]
                result = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                return result.stderr

            self.assertIn("there is no file", said())
            built_command.write_rows(path, ["device", "m", "k", "n"], [["b200", 1, 2, 3]])
            self.assertIn("no rows of a100-sxm-80gb", said())
            built_command.write_rows(path, ["device", "m"], [["a100-sxm-80gb", 1]])
            self.assertIn("no columns k and n", said())
            built_command.write_rows(path, ["device", "m", "k", "n"], [["a100-sxm-80gb", m, 2, 3] for m in range(9)])
            self.assertIn("fewer than five weight matrices", said())


class Splitting(unittest.TestCase):
    def test_every_row_is_in_one_of_the_two_tables(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            rows = [[m, 2, 3, "gemm", m * 1.5] for m in range(1, 10)] + [[4096, 1, 1, "copy", 1]]
            built_command.write_rows(folder / "all.csv", ["m", "k", "n", "routine", "time_us"], rows)
            pool, held_out = sampling_study.split(folder / "all.csv", {(2, 2, 3), (7, 2, 3)}, folder)
            with open(pool, newline="") as file:
                kept = list(csv.reader(file))
            with open(held_out, newline="") as file:
                taken = list(csv.reader(file))
            self.assertEqual(kept[0], taken[0])
            self.assertEqual([row[0] for row in taken[1:]], ["2", "7"])
            self.assertEqual([row[0] for row in kept[1:]], ["1", "3", "4", "5", "6", "8", "9", "4096"])


if __name__ == "__main__":
    unittest.main()
