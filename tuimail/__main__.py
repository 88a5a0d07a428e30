"""`python -m tuimail` and the `tuimail` command."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the program and leave with its status."""
    # First of all: whatever is written from here on is ours alone.
    os.umask(0o077)
    # Nothing made while importing becomes garbage; the screen turns it on again.
    gc.disable()
    from tuimail.cli import run

    sys.exit(run(sys.argv[1:], os.environ))


if __name__ == "__main__":
    main()
