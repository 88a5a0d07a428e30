"""All sets with expectations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tests.corpora import mime4j
from tests.corpora.tally import Reasons, Tally

MODULES: tuple[ModuleType, ...] = (mime4j,)


class Set(NamedTuple):
    """One set: how it is compared, and why we differ where we do."""

    name: str
    compare: Callable[[Path], Tally]
    reasons: Reasons


SETS = tuple(Set(m.NAME, m.compare, m.EXPLAINED) for m in MODULES)
