from pathlib import Path
from tests.fault.bench import Bench, ACCOUNT
from tests.servers.dovecot import Dovecot
from tests.servers.faults import *
import pytest
@pytest.mark.parametrize("hidden",[FULL,NO_MOVE,BARE])
def test_move(dovecot: Dovecot, tmp_path: Path, hidden) -> None:
    with Bench(dovecot, tmp_path/"c", hidden) as bench:
        bench.seed("INBOX",1,2,3)
        bench.seed("Archive",9)
        bench.sync()
        assert bench.trouble()==[]
        assert bench.acts.move(bench.ids("INBOX",1,2), bench.box("Archive"))==2
        print(bench.shown)
        n=len(bench.proxy.seen.commands)
        bench.sync()
        print(bench.proxy.seen.commands[n:])
        print(bench.on_server, bench.shown)
        assert bench.trouble()==[]
