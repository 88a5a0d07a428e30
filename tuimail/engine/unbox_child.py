"""A process that opens one box and ends: octets in, a MIME entity out, under limits."""

from __future__ import annotations

import resource
import sys

from tuimail.mail.boxes import unbox_tnef, unbox_uu

MEMORY_MAX = 1 << 30
SECONDS_MAX = 10


def main() -> None:
    """Read the box from standard input; the first argument says of what kind it is."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    unbox = unbox_tnef if sys.argv[1] == "tnef" else unbox_uu
    sys.stdout.buffer.write(unbox(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
