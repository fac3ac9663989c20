"""`python -m consent_desk`, and the entry point of the installed program."""

import sys


def main() -> int:
    """Run the program; return its exit status."""
    from consent_desk.cli.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
