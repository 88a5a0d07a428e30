"""The scripted server, for POP3: answers by the first word of a line, without tags."""

from __future__ import annotations

from pathlib import Path

from tests.servers.scripted import Answer, Peer, Scripted

CAPA = b"+OK\r\nTOP\r\nUIDL\r\nUSER\r\nPIPELINING\r\nRESP-CODES\r\n.\r\n"
BARE = b"-ERR what?\r\n"


class ScriptedPop(Scripted):
    """A maildrop of three messages; a list of answers is given one by one."""

    def __init__(
        self,
        answers: dict[str, Answer | list[bytes]] | None = None,
        *,
        greeting: bytes = b"+OK ready\r\n",
        certificate: Path | None = None,
    ) -> None:
        super().__init__(greeting=greeting, certificate=certificate)
        self.pop: dict[str, Answer | list[bytes]] = {
            "CAPA": CAPA,
            "USER": b"+OK\r\n",
            "PASS": b"+OK in\r\n",
            "AUTH": b"+OK in\r\n",
            "STAT": b"+OK 3 300\r\n",
            "LIST": b"+OK\r\n1 100\r\n2 100\r\n3 100\r\n.\r\n",
            "UIDL": b"+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n",
            "NOOP": b"+OK\r\n",
            "DELE": b"+OK\r\n",
            "QUIT": b"+OK bye\r\n",
            **(answers or {}),
        }

    @property
    def verbs(self) -> list[str]:
        """The first words of the lines that clients sent."""
        return [line.split()[0].decode() for line in self.lines if line.split()]

    def _answer(self, peer: Peer, line: bytes) -> None:
        verb = line.split()[0].decode("latin-1").upper() if line.split() else ""
        answer = self.pop.get(verb, BARE)
        if callable(answer):
            answer(peer, verb.encode(), line)
        elif isinstance(answer, list):
            peer.send(answer.pop(0) if len(answer) > 1 else answer[0])
        else:
            peer.send(answer)
