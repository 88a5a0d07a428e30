"""All sets with expectations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tests.corpora import kde, mime4j, standard, talon
from tests.corpora.tally import Reasons, Tally

MODULES: tuple[ModuleType, ...] = (mime4j, standard, talon, kde)


class Set(NamedTuple):
    """One set: how it is compared, and why we differ where we do."""

    name: str
    title: str
    """As the docs call it."""
    compare: Callable[[Path], Tally]
    reasons: Reasons


SETS = tuple(Set(m.NAME, m.TITLE, m.compare, m.EXPLAINED) for m in MODULES)
