"""How the script ends when it cannot do what it is asked for, and what it says while it works."""

import sys

USAGE, DATA_ERROR, NO_INPUT, UNAVAILABLE, CANNOT_CREATE = 64, 65, 66, 69, 73


class Failure(Exception):
    """One line for the user, and an exit status of sysexits.h."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def note(text):
    print(f"measure_gpu: {text}", file=sys.stderr, flush=True)
