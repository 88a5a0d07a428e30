"""A process that opens one box, or cleans one page, and ends; under limits."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable

from tuimail.mail.boxes import unbox_tnef, unbox_uu
from tuimail.mail.webpage import private_page

MEMORY_MAX = 1 << 30
SECONDS_MAX = 10


def _page(data: bytes, remote: bool) -> bytes:
    text = data.decode("utf-8", "replace")
    return private_page(text, remote=remote).encode("utf-8", "replace")


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "tnef": unbox_tnef,
    "uu": unbox_uu,
    "page": lambda data: _page(data, False),
    "page-remote": lambda data: _page(data, True),
}


def main() -> None:
    """Read the box from standard input; the first argument says of what kind it is."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    sys.stdout.buffer.write(KINDS[sys.argv[1]](sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
