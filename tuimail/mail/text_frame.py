"""What a text is laid out for; without what lays it out, which takes megabytes."""

from __future__ import annotations

from typing import NamedTuple

TEXT_MAX = 2 * 1024 * 1024
"""Octets of decoded text that are shown."""


class Frame(NamedTuple):
    """What a text is laid out for."""

    width: int
    first_link: int = 1
    size: int = TEXT_MAX
    """Octets of it that are shown."""
    pictures: tuple[tuple[str, int], ...] = ()
    """Names of the pictures that will be shown, and the number of each."""


def cut_note(size: int) -> str:
    """What is said of a text of which only `size` octets are shown."""
    more = "; W shows more" if size <= TEXT_MAX else ""
    return f"Only the first {size // (1024 * 1024)} MiB of this are shown{more}."
