"""Tests of the fuzzer's own parts, and that it finds what a command does that it may not; gemmcast itself is not run."""

import csv
import io
import json
import os
import pathlib
import random
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))

import fuzz  # noqa: E402
from fuzzing import mutations, seeds  # noqa: E402

KIND = ("time", "csv", "", "a.csv", ["time"])


class Mutations(unittest.TestCase):
    def test_the_same_seed_makes_the_same_input(self):
        for form in ("csv", "json", "text"):
            made = [mutations.of(seeds.CONFIG.encode(), form, random.Random(n)) for n in range(200)]
            self.assertEqual(made, [mutations.of(seeds.CONFIG.encode(), form, random.Random(n)) for n in range(200)])
            self.assertGreater(len(set(made)), 100)

    def test_mutated_json_is_mostly_json_and_another(self):
        different = readable = 0
        for number in range(300):
            text = mutations.of_json(seeds.CONFIG.encode(), random.Random(number)).decode("utf-8", "surrogatepass")
            try:
                different += json.loads(text) != json.loads(seeds.CONFIG)
                readable += 1
            except ValueError:
                pass
        self.assertGreater(readable, 150)
        self.assertGreater(different, 0.9 * readable)

    def test_mutated_fields_leave_other_fields(self):
        whole = list(csv.reader(io.StringIO(seeds.RUNS)))
        same = 0
        for number in range(100):
            text = mutations.of_fields(seeds.RUNS.encode(), random.Random(number)).decode("utf-8", "surrogatepass")
            same += text.count(",".join(whole[1])) > 0 or text.count(",".join(whole[2])) > 0
        self.assertGreater(same, 50)


class Judging(unittest.TestCase):
    def judge(self, code, output=b"", errors=b""):
        return fuzz.judge(KIND, code, output, errors)

    def test_results_and_single_errors_pass(self):
        self.assertIsNone(self.judge(0, b"time_us,device\n1.5,info\n", b"gemmcast: a note\n"))
        self.assertIsNone(self.judge(65, b"", b"gemmcast: fitting\ngemmcast: error: a.csv:1: is wrong\n"))

    def test_everything_else_is_named(self):
        self.assertIn("signal 11", self.judge(-11))
        self.assertIn("signal 4", self.judge(132))
        self.assertIn("ended with 2", self.judge(2))
        self.assertIn("inf", self.judge(0, b"m,time_us\n1,inf\n"))
        self.assertIn("nan", self.judge(0, b'{"low": nan}'))
        self.assertIn("control", self.judge(65, b"", b"gemmcast: error: \x1b[31m\n"))
        self.assertIn("control", self.judge(65, b"", "gemmcast: error: \u202e\n".encode()))
        self.assertIn("2 lines", self.judge(65, b"", b"gemmcast: error: a\ngemmcast: error: b\n"))
        self.assertIn("0 lines", self.judge(70, b"", b"trace\n"))
        self.assertIn("printed a result", self.judge(65, b"x\n", b"gemmcast: error: a\n"))
        self.assertIn("Sanitizer", self.judge(0, b"", b"==1==ERROR: AddressSanitizer: heap\n"))


class Running(unittest.TestCase):
    """With a stand-in for gemmcast that fits nothing and fails as it is told."""

    def fuzz(self, behaviour, *arguments):
        with tempfile.TemporaryDirectory() as name:
            command = pathlib.Path(name) / "gemmcast"
            command.write_text(
                f"#!{sys.executable}\n"
                "import os, pathlib, signal, sys\n"
                "if '--output' in sys.argv and 'fit' in sys.argv and sys.argv[-1] != '-':\n"
                "    pathlib.Path(sys.argv[-1]).write_text('{}')\n"
                "    sys.exit(0)\n"
                "if '8' in sys.argv:\n"
                "    sys.exit(0)\n" + behaviour)
            command.chmod(command.stat().st_mode | stat.S_IXUSR)
            return subprocess.run(
                [sys.executable, fuzz.__file__, "--gemmcast", str(command), "--runs", "12", "--jobs", "2", *arguments],
                capture_output=True, text=True)

    def test_a_command_that_behaves_passes(self):
        result = self.fuzz("print('gemmcast: error: x', file=sys.stderr)\nsys.exit(65)\n")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("12 runs, 0 failures (seed 1)", result.stdout)

    def test_a_crash_is_a_failure_that_can_be_made_again(self):
        crash = "os.kill(os.getpid(), signal.SIGSEGV)\n"
        result = self.fuzz(crash)
        self.assertEqual(result.returncode, 1)
        self.assertIn("failure: --seed 1 --only 3 (", result.stdout)
        self.assertIn("12 runs, 12 failures (seed 1)", result.stdout)
        again = self.fuzz(crash, "--only", "3")
        self.assertEqual(again.returncode, 1)
        self.assertIn("signal 11", again.stdout)

    def test_what_hangs_is_a_failure(self):
        result = self.fuzz("import time\ntime.sleep(20)\n", "--runs", "2", "--time-limit", "0.3")
        self.assertEqual(result.returncode, 1)
        self.assertIn("took more than 0.3 s", result.stdout)


if __name__ == "__main__":
    unittest.main()
