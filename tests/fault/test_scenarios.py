"""Every scenario without a fault, on three kinds of servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.bench import Bench
from tests.fault.scenarios import SCENARIOS, Scenario, seed
from tests.servers.dovecot import Dovecot
from tests.servers.faults import FULL, NO_MOVE

SERVERS = {"full": FULL, "no move": NO_MOVE}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_the_server_ends_up_as_it_was_meant(
    dovecot: Dovecot, tmp_path: Path, scenario: Scenario, server: str
) -> None:
    with Bench(dovecot, tmp_path / "home", SERVERS[server]) as bench:
        seed(bench)
        scenario.act(bench)
        assert bench.store.fsck() == []
        before = bench.shown
        bench.sync()
        assert bench.on_server == scenario.wanted()
        assert bench.trouble() == []
        if not scenario.remote:
            assert bench.shown == before, "the screen had it from the first moment"
        bench.sync()
        assert bench.trouble() == []
