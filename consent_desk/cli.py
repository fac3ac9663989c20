"""The command line. Qt is loaded only for a window."""

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from consent_desk import __version__

if TYPE_CHECKING:
    from consent_desk.sandbox.faults import Fault


def main(argv: Sequence[str] | None = None) -> int:
    """Read the arguments and run; return the exit status."""
    arguments = _parser().parse_args(argv)
    if arguments.command == "verify":
        return _verify(arguments.file)
    if arguments.fault is not None and not arguments.demo:
        print("consent-desk: --fault goes with --demo: a real project is never disturbed.", file=sys.stderr)
        return 2
    fault: Fault | None = arguments.fault
    if not _has_display():
        if not arguments.demo:
            print(
                "consent-desk: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). "
                "Start it in a desktop session; consent-desk --demo also runs without one.",
                file=sys.stderr,
            )
            return 2
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from consent_desk.demonstration import demonstrate

        return demonstrate(fault)
    # Python would look for garbage ten times over in what loads for the window, and find none.
    gc.disable()
    from consent_desk.opening import main as run

    return run(demo=arguments.demo, fault=fault)


class _Parser(argparse.ArgumentParser):
    """Knows the sandbox's faults only when it is asked for help: no start waits for the sandbox."""

    def format_help(self) -> str:
        from consent_desk.sandbox.faults import Fault

        faults = (f"  {fault.value:<24} {fault.description}" for fault in Fault)
        self.epilog = "\n".join(("faults of the sandbox, for --demo --fault NAME:", *faults))
        return super().format_help()


def _fault(name: str) -> "Fault":
    from consent_desk.sandbox.faults import Fault

    try:
        return Fault(name)
    except ValueError:
        raise argparse.ArgumentTypeError("the sandbox has no such fault, see --help") from None


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="consent-desk",
        usage="%(prog)s [-h] [--version] [--demo [--fault NAME]] [verify [FILE]]",
        description="Record what a person decided about a consent category in Bloomreach Engagement.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"consent-desk {__version__}")
    parser.add_argument(
        "--demo",
        action="store_true",
        help="work on a sandbox on this computer only; without a display, send one consent and print it",
    )
    parser.add_argument(
        "--fault",
        metavar="NAME",
        type=_fault,
        help="with --demo: let the sandbox misbehave, see below",
    )
    commands = parser.add_subparsers(
        dest="command",
        title="commands without a window",
        prog="consent-desk",
        parser_class=argparse.ArgumentParser,
    )
    verify = commands.add_parser(
        "verify",
        help="check that the journal is still what was written, and change nothing",
        description="Check that the journal is still what was written. Nothing is changed.",
        epilog="exit status: 0 sound, 1 something is wrong, 2 it cannot be checked",
    )
    verify.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="a journal or a backup; without it, your journal"
    )
    return parser


def _verify(path: Path | None) -> int:
    from consent_desk.adapters.folders import user_folders
    from consent_desk.adapters.verification import Verdict, verify

    path = user_folders().journal if path is None else path
    found = verify(path)
    # What cannot be encoded here, a folder's name for one, is written out.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    print(path)
    if found.interrupted:
        print("A transaction was broken off. This is the journal as the next start will find it.")
    if found.verdict is not Verdict.SOUND:
        print(found.why)
        return found.verdict
    print(f"Sound: {found.consents:,} consents, {found.facts:,} facts. The mark beside it agrees.")
    print(f"Head of the chain: {found.head}")
    print(
        "Damage would have been found, and so would any change by somebody who cannot write the mark as "
        "well. Whoever can write both may have made all of it anew: compare this head with a backup's, "
        "or with one that is kept elsewhere."
    )
    return found.verdict


def _has_display() -> bool:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
