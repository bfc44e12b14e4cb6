"""A program to be killed: it records pairs without end, and prints each name once it is durable.

killed_recorder.py FOLDER ROUND
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from havik.gateway.log.recorder import Recorder
from havik.gateway.messages import Audit

IN_FLIGHT = 8


def audit(name: str) -> Audit:
    return Audit(id=name, site="noord", time_ns=0, action="test", text="x" * 200)


async def record(recorder: Recorder, prefix: str) -> None:
    number = 0
    while True:
        name = f"{prefix}.{number}"
        await recorder.submit(audit(f"{name}.a"), audit(f"{name}.b"))
        os.write(1, f"{name}\n".encode())  # one line, one write: it is out or it is not
        number += 1


async def main(folder: Path, round_: str) -> None:
    async with Recorder(folder) as recorder, asyncio.TaskGroup() as tasks:
        for lane in range(IN_FLIGHT):
            tasks.create_task(record(recorder, f"{round_}.{lane}"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
