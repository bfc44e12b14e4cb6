from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from havik.gateway.log.reading import LogReader
from havik.gateway.log.recorder import Recorder
from havik.gateway.log.spool import count_waiting
from havik.gateway.log.verify import verify

PROGRAM = Path(__file__).with_name("killed_recorder.py")
ROUNDS = 50


def record_and_be_killed(folder: Path, round_: int, chance: random.Random) -> Iterator[str]:
    """Start the program, kill it at a moment of chance, and give all that it acknowledged."""
    command = [sys.executable, str(PROGRAM), str(folder), str(round_)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        starting = round_ > 0 and chance.random() < 0.2
        for _ in range(0 if starting else chance.randint(1, 60)):
            line = program.stdout.readline()
            assert line, "the program ended by itself"
            yield line.decode().strip()
        # Not to wait for anything: the moment of the kill itself is drawn.
        time.sleep(chance.uniform(0, 0.25 if starting else 0.003))
        program.kill()
        for line in program.stdout:
            assert line.endswith(b"\n")
            yield line.decode().strip()


async def test_nothing_acknowledged_is_missing_after_fifty_kills(tmp_path: Path) -> None:
    chance = random.Random(9162)
    acknowledged: list[str] = []
    left_in_spool = 0
    for round_ in range(ROUNDS):
        acknowledged += record_and_be_killed(tmp_path, round_, chance)
        verdict = verify(tmp_path)
        assert verdict.ok, verdict
        left_in_spool += count_waiting(tmp_path) > 0
    async with Recorder(tmp_path):
        pass  # one more start: what the last kill left in the spool goes into the log
    verdict = verify(tmp_path)
    assert verdict.ok, verdict
    assert count_waiting(tmp_path) == 0
    with LogReader.open(tmp_path) as log:
        names = [entry.envelope.id for entry in log.entries()]
    assert len(set(names)) == len(names) == verdict.entries
    assert set(names) >= {f"{name}.{half}" for name in acknowledged for half in "ab"}
    pairs = zip(names[::2], names[1::2], strict=True)  # all or none, in order, adjacent
    assert all(a == f"{b[:-2]}.a" and b.endswith(".b") for a, b in pairs)
    # The kills were where they hurt: durable records were often not in the log yet.
    assert len(acknowledged) > 10 * ROUNDS
    assert left_in_spool
