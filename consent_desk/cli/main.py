"""The command line. Qt is loaded only for a window."""

import argparse
import gc
import linecache
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consent_desk import __version__
from consent_desk.system.core_files import forbid_core_files
from consent_desk.system.display import Display, find_display

if TYPE_CHECKING:
    from consent_desk.domain.faults import Fault

_NO_DISPLAY = (
    "consent-desk: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). "
    "Start it in a desktop session; consent-desk --demo also runs without one."
)
_START_ELSEWHERE = "Start it in a desktop session, or set DISPLAY to one that is open."


def main(argv: Sequence[str] | None = None) -> int:
    """Read the arguments and run; return the exit status."""
    forbid_core_files()
    # Qt and SQLite make files too: all are their owner's alone, and their owner's at the least.
    before = os.umask(0o077)
    try:
        return _run(_read(sys.argv[1:] if argv is None else argv))
    finally:
        os.umask(before)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "verify":
        from consent_desk.cli.verify import verify_file

        return verify_file(arguments.file, arguments.journal)
    if arguments.fault is not None and not arguments.demo:
        print("consent-desk: --fault goes with --demo: a real project is never disturbed.", file=sys.stderr)
        return 2
    display = find_display()
    if display is Display.DEAD:
        names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        named = ", ".join(f"{name}={value}" for name in names if (value := os.environ.get(name)))
        advice = "The demo runs without a window." if arguments.demo else _START_ELSEWHERE
        print(f"consent-desk: the display cannot be reached ({named}). {advice}", file=sys.stderr)
        if not arguments.demo:
            return 1
    elif display is Display.NONE and not arguments.demo:
        print(_NO_DISPLAY, file=sys.stderr)
        return 2
    if arguments.demo and display is not Display.READY:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from consent_desk.cli.demo import demonstrate

        return demonstrate(arguments.fault)
    # Python would look for garbage ten times over in what loads for the window, and find none.
    gc.disable()
    # PySide6 reads the source of every module that loads after it, and Python would keep all of it: 10 MiB.
    linecache.cache = _Unkept()
    from consent_desk.app.startup import main as run

    return run(demo=arguments.demo, fault=arguments.fault)


class _Unkept(dict[str, Any]):
    """Keeps nothing: who wants the lines of a source, as a traceback does, reads them anew."""

    def __setitem__(self, key: str, value: object) -> None:
        pass


def _read(given: Sequence[str]) -> argparse.Namespace:
    if set(given) <= {"--demo"}:
        # The usual starts: making a parser loads a tenth of what the window waits for, for its translations.
        return argparse.Namespace(command=None, demo=bool(given), fault=None)
    return _parser().parse_args(given)


def _fault(name: str) -> "Fault":
    from consent_desk.domain.faults import Fault

    try:
        return Fault(name)
    except ValueError:
        raise argparse.ArgumentTypeError("the sandbox has no such fault, see --help") from None


def _parser() -> argparse.ArgumentParser:
    from consent_desk.domain.faults import Fault

    faults = (f"  {fault.value:<24} {fault.description}" for fault in Fault)
    parser = argparse.ArgumentParser(
        prog="consent-desk",
        usage="%(prog)s [-h] [--version] [--demo [--fault NAME]] [verify [FILE] [--journal JOURNAL]]",
        description="Record what a person decided about a consent category in Bloomreach Engagement.",
        epilog="\n".join(("faults of the sandbox, for --demo --fault NAME:", *faults)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"consent-desk {__version__}")
    parser.add_argument(
        "--demo",
        action="store_true",
        help="work on a sandbox on this computer only; without a display, or where it cannot be reached, "
        "send one consent and print it",
    )
    parser.add_argument(
        "--fault", metavar="NAME", type=_fault, help="with --demo: let the sandbox misbehave, see below"
    )
    commands = parser.add_subparsers(dest="command", title="commands without a window", prog="consent-desk")
    verify = commands.add_parser(
        "verify",
        help="check that the journal, or a proof, is still what was written, and change nothing",
        description="Check that the journal, or a proof, is still what was written. Nothing is changed.",
        epilog="exit status: 0 sound, 1 something is wrong, 2 it cannot be checked",
    )
    verify.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        type=Path,
        help="a journal, a backup or a proof (its .json); without it, your journal",
    )
    verify.add_argument(
        "--journal",
        metavar="JOURNAL",
        type=Path,
        help="compare a proof with this journal or backup instead of your journal",
    )
    return parser
