"""`python -m tests.fuzz TARGET [SECONDS] [FOLDER]`: fuzz one decoder with atheris.

Without a target the targets are listed. What makes one fail is written to FOLDER, by
default the working directory, under `crash-…`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory


def main(target: str, seconds: str = "60", folder: str = ".") -> None:
    """Run until the time is over or something fails."""
    import atheris

    with atheris.instrument_imports(include=["tuimail"]):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.seeds import LONGEST, seeds

    with TemporaryDirectory() as corpus:
        for at, seed in enumerate(seeds(target)):
            (Path(corpus) / str(at)).write_bytes(seed)
        arguments = [corpus, f"-max_total_time={seconds}", "-timeout=10"]
        arguments += ["-print_final_stats=1", f"-max_len={2 * LONGEST}"]
        arguments += [f"-artifact_prefix={folder}/crash-{target}-"]
        atheris.Setup([sys.argv[0], *arguments], TARGETS[target])
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(*sys.argv[1:])
    else:
        from tests.fuzz.targets import TARGETS

        print("\n".join(TARGETS))
