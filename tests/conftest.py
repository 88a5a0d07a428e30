"""Fixtures that many tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers.dovecot import Dovecot, available

# An example that takes long says something of the machine only; figures are measured
# in tests/bench.
settings.register_profile("tuimail", deadline=None)
settings.load_profile("tuimail")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot; tests that need it are skipped where it is not installed."""
    if not available():
        pytest.skip("needs Dovecot (Debian: dovecot-imapd)")
    server = Dovecot()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    """A user of that Dovecot nobody else uses."""
    return dovecot.fresh_user()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Foreign mail for tests, where somebody has put it."""
    folder = os.environ.get("TUIMAIL_CORPORA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs foreign mail: set TUIMAIL_CORPORA to its folder")
    return Path(folder)
