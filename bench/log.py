"""The spool and the central log: durable records a second, latency of one, verification."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections import deque
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..gateway.log.database import connect, connect_to_read, transaction
from ..gateway.log.recorder import Recorder
from ..gateway.log.verify import verify
from ..gateway.messages import Audit, encode, new_id
from .rows import Row, seconds

RECORDS = 20_000
IN_FLIGHT = 5_000
CHUNK = 500
SINGLE = 300
REPEATS = 3
TEXT = "x" * 330
"""Makes a record of about 500 bytes, as an incident's first version is."""

BENCH = "log"


def run() -> list[Row]:
    records = [_record() for _ in range(RECORDS)]
    data = [encode(record) for record in records]
    with tempfile.TemporaryDirectory(prefix="havik-bench-") as name:
        folder = Path(name)
        durable, in_log = _recorded(folder, records)
        bare = statistics.median(
            _bare_per_s(folder / f"bare-{number}.db", data) for number in range(REPEATS)
        )
        rows = [
            _rate("records durable", durable, bare),
            _rate("records durable and in the signed log", in_log, bare),
        ]
        rows += _latency_rows(folder, data[0])
        rows.append(_verify_row(folder / "log-0", data))
    return rows


def _rate(name: str, value: float, floor: float) -> Row:
    return Row(
        bench=BENCH, name=name, value=value, unit="1/s", floor=floor,
        floor_name="bare SQLite, 100 rows a commit",
    )  # fmt: skip


def _record() -> Audit:
    now_ns = time.time_ns()
    return Audit(id=new_id(now_ns), site="noord", time_ns=now_ns, action="bench", text=TEXT)


def _recorded(folder: Path, records: list[Audit]) -> tuple[float, float]:
    """Records a second, median of three logs: until the last is durable, and until it is in."""
    times = [
        asyncio.run(_record_all(folder / f"log-{number}", records)) for number in range(REPEATS)
    ]
    durable_s, in_log_s = (statistics.median(column) for column in zip(*times, strict=True))
    return len(records) / durable_s, len(records) / in_log_s


async def _record_all(folder: Path, records: list[Audit]) -> tuple[float, float]:
    flying: deque[asyncio.Future[None]] = deque()
    async with Recorder(folder) as recorder:
        start_s = time.perf_counter()
        for first in range(0, len(records), CHUNK):
            flying.extend(recorder.submit(record) for record in records[first : first + CHUNK])
            while len(flying) > IN_FLIGHT:
                await flying.popleft()
            await asyncio.sleep(0)
        for future in flying:
            await future
        durable_s = time.perf_counter() - start_s
    return durable_s, time.perf_counter() - start_s


def _bare_per_s(file: Path, data: list[bytes]) -> float:
    with closing(connect(file)) as db:
        db.execute("CREATE TABLE record (number INTEGER PRIMARY KEY, data BLOB)")
        start_s = time.perf_counter()
        for first in range(0, len(data), 100):
            with transaction(db):
                rows = ((record,) for record in data[first : first + 100])
                db.executemany("INSERT INTO record (data) VALUES (?)", rows)
        return len(data) / (time.perf_counter() - start_s)


def _latency_rows(folder: Path, data: bytes) -> list[Row]:
    told_ms = asyncio.run(_single_ms(folder / "single"))
    bare_ms = _bare_single_ms(folder / "bare-single.db", data)
    return [
        Row(
            bench=BENCH, name=f"one record durable, {name}", value=told_ms[cut], unit="ms",
            floor=bare_ms[cut], floor_name="bare SQLite commit",
        )
        for name, cut in (("median", 49), ("99th percentile", 98))
    ]  # fmt: skip


async def _single_ms(folder: Path) -> list[float]:
    """Percentiles of the time from submitting one record to its acknowledgement."""
    taken_ms: list[float] = []
    async with Recorder(folder) as recorder:
        for _ in range(SINGLE):
            record = _record()
            start_s = time.perf_counter()
            await recorder.submit(record)
            taken_ms.append((time.perf_counter() - start_s) * 1e3)
            await asyncio.sleep(0.01)  # a lone record: neither the group nor the forwarder is busy
    return statistics.quantiles(taken_ms, n=100)


def _bare_single_ms(file: Path, data: bytes) -> list[float]:
    taken_ms: list[float] = []
    with closing(connect(file)) as db:
        db.execute("CREATE TABLE record (number INTEGER PRIMARY KEY, data BLOB)")
        for _ in range(SINGLE):
            start_s = time.perf_counter()
            with transaction(db):
                db.execute("INSERT INTO record (data) VALUES (?)", (data,))
            taken_ms.append((time.perf_counter() - start_s) * 1e3)
            time.sleep(0.01)
    return statistics.quantiles(taken_ms, n=100)


def _verify_row(folder: Path, data: list[bytes]) -> Row:
    """Verification beside the least that any verifier computes: the hashes and the signatures."""
    with closing(connect_to_read(folder / "log.db")) as db:
        ((checkpoints,),) = db.execute("SELECT count(*) FROM checkpoint")
    key = Ed25519PrivateKey.generate()
    public, signature = key.public_key(), key.sign(data[0])

    def least() -> None:
        for record in data:
            sha256(record).digest()
            sha256(record[:65]).digest()  # a tree has about one node for each leaf
        for _ in range(checkpoints):
            public.verify(signature, data[0])

    return Row(
        bench=BENCH,
        name="entries verified",
        value=len(data) / seconds(lambda: verify(folder), REPEATS),
        unit="1/s",
        floor=len(data) / seconds(least, REPEATS),
        floor_name="SHA-256 and Ed25519 alone",
    )
