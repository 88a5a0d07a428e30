"""The embedded server's manners: login, literals, limits, numbers, push."""

from __future__ import annotations

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.demo.conftest import NOW, Serve
from tests.demo.wire import Wire
from tests.mails import mail
from tuimail.demo import capabilities
from tuimail.demo.server import DemoServer


def test_a_wrong_password_is_refused(server: DemoServer) -> None:
    with Wire(server.port) as wire:
        assert wire.ask(b"LOGIN ana wrong")[-1].startswith(b"NO [AUTHENTICATIONFAILED]")


def test_nothing_can_be_selected_before_a_login(server: DemoServer) -> None:
    with Wire(server.port) as wire:
        assert wire.ask(b"SELECT INBOX")[-1].startswith(b"BAD")


def test_authenticate_takes_an_initial_response(server: DemoServer) -> None:
    with Wire(server.port) as wire:
        secret = base64.b64encode(b"\0ana\0demo")
        assert wire.ask(b"AUTHENTICATE PLAIN " + secret)[-1].startswith(b"OK")


def test_authenticate_asks_when_there_is_no_initial_response(serve: Serve) -> None:
    server = serve(capabilities.PLAIN)
    with Wire(server.port) as wire:
        wire.send(b"a AUTHENTICATE PLAIN\r\n")
        assert wire.line() == b"+ \r\n"
        wire.send(base64.b64encode(b"\0ana\0demo") + b"\r\n")
        assert wire.answer(b"a")[-1].startswith(b"OK")


@pytest.mark.parametrize("size", [b"{3}", b"{3+}"])
def test_a_login_comes_in_literals(server: DemoServer, size: bytes) -> None:
    with Wire(server.port) as wire:
        wire.send(b"a LOGIN " + size + b"\r\n")
        if b"+" not in size:
            assert wire.line().startswith(b"+ ")
        wire.send(b"ana demo\r\n")
        assert wire.answer(b"a")[-1].startswith(b"OK")


def test_commands_of_unannounced_extensions_are_unknown(serve: Serve) -> None:
    server = serve(capabilities.PLAIN)
    with Wire(server.port) as wire:
        wire.login().ask(b"SELECT INBOX")
        for command in (
            *(b"IDLE", b"ENABLE CONDSTORE", b"NAMESPACE", b"UNSELECT"),
            *(b"MOVE 1 Archive", b"UID EXPUNGE 1", b"ID NIL"),
            *(b"UID FETCH 1 (MODSEQ)", b"UID FETCH 1 FLAGS (CHANGEDSINCE 1)"),
            *(b"STATUS Archive (HIGHESTMODSEQ)", b"UID SEARCH RETURN () ALL"),
            *(b'LIST "" * RETURN (SUBSCRIBED)', b"UID SEARCH MODSEQ 1"),
            *(b"UID FETCH 1 PREVIEW", b"UID FETCH 1 (UID PREVIEW (LAZY))"),
        ):
            assert wire.ask(command)[-1].startswith(b"BAD"), command


def test_a_plain_server_shows_nothing_of_extensions(serve: Serve) -> None:
    server = serve(capabilities.PLAIN)
    with Wire(server.port) as wire:
        said = wire.login().ask(b"SELECT INBOX") + wire.ask(b'LIST "" *')
        said += wire.ask(b"COPY 1 Archive")
        wire.send(b"a APPEND INBOX {3}\r\n")
        said += [wire.line()]
        wire.send(b"a\r\n\r\n")
        said += wire.answer(b"a") + wire.ask(b"CAPABILITY")
    told = b"\n".join(said)
    for word in (b"HIGHESTMODSEQ", b"\\Archive", b"HasNo", b"COPYUID", b"APPENDUID"):
        assert word not in told
    assert b"* CAPABILITY IMAP4rev1 AUTH=PLAIN" in said


def test_news_of_others_wait_while_numbers_are_in_use(server: DemoServer) -> None:
    with Wire(server.port) as one, Wire(server.port) as other:
        one.login().ask(b"SELECT INBOX")
        other.login().ask(b"SELECT INBOX")
        one.ask(b"STORE 2 +FLAGS.SILENT (\\Deleted)")
        one.ask(b"EXPUNGE")
        said = other.ask(b"FETCH 1:* (UID)")
        told = [line[line.index(b"UID") : -1] for line in said[:-1]]
        assert told == [b"UID 1", b"UID 3", b"UID 4", b"UID 5"]
        assert other.ask(b"NOOP")[0] == b"* 2 EXPUNGE"


def test_flags_that_another_set_are_told_once(server: DemoServer) -> None:
    with Wire(server.port) as one, Wire(server.port) as other:
        one.login().ask(b"SELECT INBOX")
        other.login().ask(b"SELECT INBOX")
        one.ask(b"STORE 2 +FLAGS (\\Flagged)")
        assert other.ask(b"NOOP")[:-1] == [b"* 2 FETCH (UID 2 FLAGS (\\Flagged))"]
        assert other.ask(b"NOOP")[:-1] == []
        assert one.ask(b"NOOP")[:-1] == []


def test_new_mail_is_pushed_in_idle(server: DemoServer, wire: Wire) -> None:
    wire.send(b"a IDLE\r\n")
    assert wire.line().startswith(b"+ ")
    server.deliver("INBOX", mail(6), (), NOW)
    assert wire.line() == b"* 6 EXISTS\r\n"
    wire.send(b"DONE\r\n")
    assert wire.answer(b"a")[-1].startswith(b"OK")


def test_what_another_client_does_is_pushed_in_idle(
    server: DemoServer, wire: Wire
) -> None:
    wire.send(b"a IDLE\r\n")
    wire.line()
    with Wire(server.port) as other:
        other.login().ask(b"SELECT INBOX")
        other.ask(b"STORE 3 +FLAGS (\\Deleted)")
        assert wire.line() == b"* 3 FETCH (UID 3 FLAGS (\\Deleted))\r\n"
        other.ask(b"EXPUNGE")
        assert wire.line() == b"* 3 EXPUNGE\r\n"


def test_reading_a_text_sets_seen_and_peeking_does_not(wire: Wire) -> None:
    wire.ask(b"FETCH 1 BODY.PEEK[TEXT]")
    assert b"\\Seen" not in wire.ask(b"FETCH 1 FLAGS")[0]
    assert b"\\Seen" in wire.ask(b"FETCH 1 BODY[TEXT]")[0]


def test_how_a_text_begins_is_said_and_marks_nothing_read(wire: Wire) -> None:
    for item in (b"PREVIEW", b"(PREVIEW (LAZY))"):
        assert b'PREVIEW "text of message 1"' in wire.ask(b"FETCH 1 " + item)[0]
    assert wire.ask(b"FETCH 1 (PREVIEW (EAGER))")[-1].startswith(b"BAD")
    assert b"\\Seen" not in wire.ask(b"FETCH 1 FLAGS")[0]


def test_appended_octets_come_back_as_they_were(wire: Wire) -> None:
    raw = mail(9) + b"\r\n\xff\x00 last line\r\n\r\n"
    assert b"APPENDUID 7 6" in wire.append("INBOX", raw, b"(\\Seen) ")
    assert raw + b")" in wire.ask(b"UID FETCH 6 (BODY.PEEK[])")[0]


def test_an_append_to_no_mailbox_says_how_to_go_on(wire: Wire) -> None:
    assert wire.append("Nowhere", mail()).startswith(b"NO [TRYCREATE]")


def test_a_literal_beyond_the_limit_is_refused_before_it_comes(wire: Wire) -> None:
    wire.send(b"a APPEND INBOX {99999999999}\r\n")
    assert wire.answer(b"a")[-1].startswith(b"NO [TOOBIG]")
    assert wire.ask(b"NOOP")[-1].startswith(b"OK")


def test_a_literal_beyond_the_limit_that_does_not_wait_ends_the_connection(
    wire: Wire,
) -> None:
    wire.send(b"a APPEND INBOX {99999999999+}\r\n")
    assert wire.line().startswith(b"* BYE [TOOBIG]")
    assert wire.line() == b""


def test_a_line_beyond_the_limit_ends_the_connection(wire: Wire) -> None:
    wire.send(b"a " + b"x" * 300_000)
    assert wire.line().startswith(b"* BYE")


def test_moving_tells_the_new_uids_and_what_is_gone(wire: Wire) -> None:
    said = wire.ask(b"UID MOVE 2,4 Archive")
    assert said[0].startswith(b"* OK [COPYUID 8 2,4 1:2]")
    assert said[1:-1] == [b"* 4 EXPUNGE", b"* 2 EXPUNGE"]


def test_a_cut_ends_every_connection(server: DemoServer, wire: Wire) -> None:
    server.cut()
    assert wire.closed()


WORDS = st.sampled_from(
    [
        *(
            b"UID",
            b"FETCH",
            b"STORE",
            b"SEARCH",
            b"LIST",
            b"STATUS",
            b"SELECT",
            b"COPY",
        ),
        *(
            b"APPEND",
            b"INBOX",
            b"1:*",
            b"*",
            b"0",
            b"4294967296",
            b"(",
            b")",
            b'"',
            b'""',
        ),
        *(
            b"BODY[",
            b"BODY.PEEK[1.1]",
            b"]",
            b"<0.1>",
            b"FLAGS",
            b"(\\Seen)",
            b"\\",
            b"%",
        ),
        *(b"+FLAGS", b"RETURN", b"(ALL)", b"NOT", b"OR", b"{3}", b"MODSEQ", b"SINCE"),
        *(b"1-Feb-2024", b"31-Feb-2024", b"(QRESYNC (7 1))", b"(CHANGEDSINCE 1)"),
        *(b"MOVE", b"RENAME", b"CREATE", b"ENABLE", b"HEADER", b"(((((", b"\xff\x00"),
    ]
)


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(WORDS, min_size=1, max_size=9))
def test_no_command_breaks_the_server(
    server: DemoServer, wire: Wire, words: list[bytes]
) -> None:
    line = b" ".join(words)
    # A literal at the end waits for octets that nobody sends.
    said = wire.ask(line.removesuffix(b"{3}"))[-1]
    assert said.split(b" ")[0] in (b"OK", b"NO", b"BAD")
    assert server.faults == []
