"""The proxy that breaks at a line, for POP3: no tags, no literals, every line counts.

A line of a multi-line answer is an event like any other.
"""

from __future__ import annotations

import contextlib
import socket

from tests.servers.faults import FaultProxy, _shut


class PopFaultProxy(FaultProxy):
    """Hidden capabilities are lines of CAPA by their first word.

    `plan.answer` gets the client's whole line, and gives a line without its CRLF.
    """

    _in_capa = False

    def _upstream(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), client.makefile("rb") as stream:
            while line := stream.readline():
                self.seen.commands.append(line.rstrip(b"\r\n"))
                self._in_capa = line.strip().upper() == b"CAPA"
                if not self._passes((client, server)):
                    break
                answer = self.plan.answer(line.rstrip(b"\r\n"))
                if answer is None:
                    server.sendall(line)
                else:
                    client.sendall(answer + b"\r\n")
                self._passed((client, server))
        _shut(client, server)

    def _downstream(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), server.makefile("rb") as stream:
            while line := stream.readline():
                words = line.split()
                if self._in_capa and words and words[0].upper() in self._hidden:
                    continue
                if not self._passes((client, server)):
                    break
                client.sendall(self.plan.rewrite(line))
                self._passed((client, server))
        _shut(client, server)
