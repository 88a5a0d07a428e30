"""Every decoder, given what was changed at random: the same each time."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

RUNS = 150
ODD = (
    b"\x1b[2J",
    b"\0",
    b"\xff",
    b"\r\n",
    b"=?utf-8?q?=1B?=",
    b"\xe2\x80\xae",
    b"<",
    b"9",
)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_raises_and_nothing_unsafe_comes_out(target: str) -> None:
    chance = Random(target)
    begun = list(seeds(target))
    for _ in range(RUNS):
        TARGETS[target](_changed(chance, chance.choice(begun)))


def _changed(chance: Random, data: bytes) -> bytes:
    for _ in range(chance.randint(0, 8)):
        at = chance.randint(0, len(data))
        end = min(len(data), at + chance.choice((0, 0, 1, 5, 50)))
        middle = chance.choice((*ODD, data[at : at + 30] * 3, chance.randbytes(2)))
        data = data[:at] + middle + data[end:]
    return data
