"""What the accuracy scripts share: the built gemmcast, how they end where it fails, and the folder that tables are kept in."""

import csv
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def add_command_option(parser):
    parser.add_argument("--gemmcast", default=str(ROOT / ".build/release/gemmcast"), help="the built command")


def add_measuring_options(parser):
    """The options of scripts that measure this machine."""
    add_command_option(parser)
    parser.add_argument("--threads", type=int, default=1, help="how many threads to measure with")
    parser.add_argument("--seed", type=int, default=1, help="decides the shapes and all that is drawn at random")
    parser.add_argument("--keep", help="a folder for the tables; a temporary one unless given")


def kept_folder(keep, prefix):
    """The folder that was asked for, made where it is missing, or a new temporary one."""
    folder = pathlib.Path(keep or tempfile.mkdtemp(prefix=prefix))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run_gemmcast(command, *arguments, stdout=subprocess.DEVNULL, quiet=False):
    """Runs the built command, and ends with its status where it fails: it has said why in a line.

    A quiet one's diagnostics show only then.
    """
    try:
        result = subprocess.run([command, *map(str, arguments)], stdout=stdout, stderr=subprocess.PIPE if quiet else None)
    except OSError as error:
        print(f"{command}: {error.strerror}; build it (swift build -c release), or name it with --gemmcast", file=sys.stderr)
        sys.exit(69)
    if result.returncode != 0:
        sys.stderr.write((result.stderr or b"").decode(errors="replace"))
        sys.exit(result.returncode)


def write_rows(path, header, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
