"""`python -m consent_desk`, and the entry point of the installed program."""

import os
import sys
from typing import NoReturn

from consent_desk.cli.main import main as run


def main() -> NoReturn:
    """Run the program, and end the process."""
    leave(run())


def leave(status: int) -> NoReturn:
    """End the process at once, after all that has an end of its own.

    Python's own ending stops each thread that is left where it next asks for the interpreter. One that is in
    Qt's code then takes the whole process down with an abort.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
