"""`python -m consent_desk`, and the entry point of the installed program."""

import sys

from consent_desk.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
