"""How long to wait before the next try to reach a server."""

from __future__ import annotations

from random import Random

FIRST_S = 2.0
LONGEST_S = 300.0


def wait_s(failures: int, rng: Random) -> float:
    """Seconds to wait after so many failures in a row: 2, 4, 8 … 300, ± 20 %.

    The jitter keeps many clients from coming back to a restarted server at once.
    """
    doubled = FIRST_S * float(2 ** min(max(failures, 1) - 1, 12))
    return min(LONGEST_S, doubled) * rng.uniform(0.8, 1.2)
