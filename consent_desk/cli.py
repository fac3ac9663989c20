"""The command line. Qt is loaded only for a window."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from consent_desk import __version__

if TYPE_CHECKING:
    from consent_desk.sandbox.faults import Fault


def main(argv: Sequence[str] | None = None) -> int:
    """Read the arguments and run; return the exit status."""
    arguments = _parser().parse_args(argv)
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
    return parser


def _has_display() -> bool:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
