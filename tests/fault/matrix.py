"""The full matrix: every scenario, every server, a fault at every point.

    python -m tests.fault.matrix            everything, about half an hour
    python -m tests.fault.matrix --every 5  each fifth point

A point is one line on the wire, before it or after it, or one commit of the store,
before it or after it. After each fault the client goes on as users would have it: it
connects again, or is started again. The run fails on the first violation.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fault.bench import ACCOUNT, Bench, Killed
from tests.fault.scenarios import SCENARIOS, Scenario, seed
from tests.servers.dovecot import Dovecot
from tests.servers.faults import BARE, FULL, NO_MOVE, FaultProxy, Plan
from tuimail.errors import TuimailError

SERVERS = {"full": FULL, "no move": NO_MOVE, "bare": BARE}
REMOVING = {"remove", "empty trash", "all at once"}
"""A server without UIDPLUS removes no single message: these end as failed there."""
FAULTS = ("cut before", "cut after", "kill")


@dataclass(frozen=True)
class Case:
    """One run."""

    scenario: Scenario
    server: str
    fault: str
    at: int

    def __str__(self) -> str:
        return f"{self.scenario.name}, {self.server}: {self.fault} {self.at}"


def points(dovecot: Dovecot, scenario: Scenario, server: str) -> tuple[int, int]:
    """Lines and commits from the first gesture to the end of a run without a fault."""
    with Bench(dovecot, Path(tempfile.mkdtemp()), SERVERS[server]) as bench:
        seed(bench)
        lines, commits = bench.proxy.seen.events, bench.commits
        scenario.act(bench)
        bench.sync()
        return bench.proxy.seen.events - lines, bench.commits - commits


def cases(
    dovecot: Dovecot, every: int, servers: Iterable[str] = SERVERS
) -> Iterator[Case]:
    """All runs, or each `every`-th of them."""
    number = 0
    for scenario in SCENARIOS:
        for server in servers:
            if server == "bare" and scenario.name in REMOVING:
                continue
            lines, commits = points(dovecot, scenario, server)
            for fault in FAULTS:
                for at in range(1, (commits if fault == "kill" else lines) + 1):
                    number += 1
                    if number % every == 0:
                        yield Case(scenario, server, fault, at)


def violations(dovecot: Dovecot, case: Case, root: Path) -> list[str]:
    """Run one case; everything that was not as it must be."""
    with Bench(dovecot, root, SERVERS[case.server]) as bench:
        seed(bench)
        _arm(bench, case)
        try:
            case.scenario.act(bench)
        except Killed:
            bench.restart()
            return _after_a_death_in_a_gesture(bench, case.server != "bare")
        bench.sync()
        struck = bench.deaths if case.fault == "kill" else bench.proxy.seen.cuts
        found = [] if struck == 1 else [f"the fault struck {struck} times"]
        if bench.on_server != case.scenario.wanted():
            found.append(f"server {bench.on_server}, meant {case.scenario.wanted()}")
        return found + bench.trouble()


def _arm(bench: Bench, case: Case) -> None:
    if case.fault == "kill":
        bench.kill_at = bench.commits + case.at
    else:
        proxy: FaultProxy = bench.proxy
        at = proxy.seen.events + case.at
        proxy.plan = Plan(at, after=case.fault == "cut after")


def _after_a_death_in_a_gesture(bench: Bench, removes: bool) -> list[str]:
    """Some gestures were made, the others not; each whole, and all are carried out.

    `removes`: the server can remove single messages; else what removes is given up.
    """
    bench.kill_at = 0
    live = bench.store.queue.live(ACCOUNT)
    for entry in live if not removes else ():
        if entry.kind == "expunge":
            bench.store.queue.discard(entry.op)
    found = bench.store.fsck()
    before = bench.shown
    for entry in bench.store.queue.live(ACCOUNT):
        # A removal waits ten seconds for an undo; nobody is there to wait.
        bench.store.queue.retry(entry.op)
    bench.sync()
    if bench.shown != before:
        found.append(f"shown {before} after the start, {bench.shown} in the end")
    return found + bench.trouble()


def main() -> int:
    """Run the matrix; 0 when nothing was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--server", choices=SERVERS, action="append")
    args = parser.parse_args()
    every, servers = args.every, args.server or SERVERS
    dovecot = Dovecot()
    dovecot.start()
    count: Counter[str] = Counter()
    begun = time.monotonic()
    bad = 0
    try:
        for case in cases(dovecot, every, servers):
            root = Path(tempfile.mkdtemp(prefix="tuimail-fault-"))
            try:
                found = violations(dovecot, case, root / "home")
            except (AssertionError, TuimailError) as error:
                traceback.print_exc()
                found = [repr(error)]
            shutil.rmtree(root, ignore_errors=True)
            count[case.fault] += 1
            if found:
                bad += 1
                print(f"{case}\n  " + "\n  ".join(found), flush=True)
    finally:
        dovecot.remove()
    took = time.monotonic() - begun
    runs = sum(count.values())
    print(f"{runs} runs, {dict(count)}, {bad} with violations, {took:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
