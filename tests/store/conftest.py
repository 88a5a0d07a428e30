"""A fresh store on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.build import open_store
from tuimail.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store; it must obey all its rules when the test is over."""
    opened = open_store(tmp_path)
    yield opened
    assert opened.fsck() == []
    opened.close()
