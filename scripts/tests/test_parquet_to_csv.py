"""Tests of parquet_to_csv.py: python3 -m unittest discover -s scripts/tests

What needs pyarrow is skipped where it is not installed.
"""

import csv
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "parquet_to_csv.py")
HAS_PYARROW = importlib.util.find_spec("pyarrow") is not None


def run(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False, timeout=300)


class ParquetToCSVTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def test_help_says_how_pyarrow_is_installed(self):
        result = run("--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("pip install pyarrow", result.stdout)

    def test_a_missing_file_is_no_input(self):
        result = run(self.path("nowhere.parquet"))
        self.assertEqual((result.returncode, result.stdout), (66, ""))
        self.assertIn("nowhere.parquet: cannot be read: No such file", result.stderr)

    @unittest.skipIf(HAS_PYARROW, "pyarrow is installed")
    def test_without_pyarrow_it_says_what_to_install(self):
        result = run(self.path("a.parquet", b"PAR1"))
        self.assertEqual((result.returncode, result.stdout), (69, ""))
        self.assertIn("pip install pyarrow", result.stderr)

    @unittest.skipUnless(HAS_PYARROW, "pyarrow is not installed")
    def test_every_kind_gives_the_same_rows(self):
        import pyarrow
        import pyarrow.feather
        import pyarrow.parquet

        table = pyarrow.table({
            "gemm_dtype": ["bfloat16", 'a "b", c', None], "m": [1, 2, 3], "latency": [0.1, 1e-7, 12.5]})
        parquet, feather, stream = (self.path(name) for name in ("t.parquet", "t.feather", "t.arrows"))
        pyarrow.parquet.write_table(table, parquet)
        pyarrow.feather.write_feather(table, feather)
        with pyarrow.OSFile(stream, "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        for path in (parquet, feather, stream):
            result = run(path)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            rows = list(csv.reader(io.StringIO(result.stdout)))
            self.assertEqual(rows[0], ["gemm_dtype", "m", "latency"])
            self.assertEqual([row[:2] for row in rows[1:]], [["bfloat16", "1"], ['a "b", c', "2"], ["", "3"]])
            self.assertEqual([float(row[2]) for row in rows[1:]], [0.1, 1e-7, 12.5])

    @unittest.skipUnless(HAS_PYARROW, "pyarrow is not installed")
    def test_what_is_no_table_is_refused(self):
        import pyarrow
        import pyarrow.parquet

        nested = self.path("nested.parquet")
        pyarrow.parquet.write_table(pyarrow.table({"shape": [[1, 2]]}), nested)
        for path, message in (
            (self.path("a.csv", b"m,k,n\n"), "is no Parquet"),
            (self.path("cut.parquet", b"PAR1\x15\x04"), "cannot be read"),
            (nested, "column shape is of type list"),
        ):
            result = run(path)
            self.assertEqual((result.returncode, result.stdout), (65, ""), result.stderr)
            self.assertIn(message, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
