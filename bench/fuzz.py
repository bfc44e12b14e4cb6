"""Hostile bytes at every driver: nothing is raised, nothing grows.

Seeds are what each driver's simulated twin sends of one scene. They are changed by flips, cuts,
splices, doubled parts and numbers that no device means; where a packet ends in a check, half of
them get it right again, so that what lies behind the check is reached. What executes a new line of
the driver, or is refused for a new reason, joins the seeds: for the first inputs lines are
traced, after them the reasons alone steer.
"""

from __future__ import annotations

import random
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any
from zlib import crc32

from ..config.scenes import Drone, Leg, Scene
from ..config.settings import RecordedSensor, SiteSection
from ..drivers.catalogue import DRIVERS
from ..drivers.contraband import dc09
from ..drivers.driver import Decoder
from ..drivers.packets import NORDIC_BLE, RADIOTAP, unwrap, wrap
from ..drivers.remote_id.ble import crc24
from ..simulators.catalogue import TWINS
from ..simulators.scene import World
from .rows import Row

INPUTS = 20_000
TRACED = 4000
LONGEST = 4096
"""Of one input: longer seeds are cut to it; what a driver does with megabytes is its own tests'."""

MOST_SEEDS = 400
KEPT_BYTES = 2048
RENEWED_EVERY = 250
"""Inputs that one decoder takes before another is made: so both states are tried."""

NUMBERS = (b"0", b"-1", b"1e400", b"-0.0", b"NaN", b"null", b"99999999999999999999", b'"7"')
TOKENS = (b"{", b"}", b"[", b'"', b"\\", b"\0", b"\xff", b"\n", b"\xd8\x00", b"\xfd7zXZ\0")
_NUMBER = re.compile(rb"-?\d+\.?\d*")
_DRIVERS = str(Path(__file__).parents[1] / "drivers")

Change = Callable[[bytearray, random.Random, Sequence[bytes]], None]


class Raised(Exception):
    """A driver let an error out; `data` is what made it."""

    def __init__(self, driver: str, data: bytes, error: Exception) -> None:
        super().__init__(f"{driver}: {type(error).__name__}: {error}, from {data[:64].hex(' ')}")
        self.data = data


def run(names: Sequence[str] = (), inputs: int = INPUTS, corpus: Path | None = None) -> list[Row]:
    """Try each driver, or those named; keep in `corpus` what opened new ways into it."""
    return [row for name in names or DRIVERS for row in campaign(name, inputs, corpus)]


def campaign(name: str, inputs: int, corpus: Path | None = None) -> list[Row]:
    """Try one driver.

    Raises
    ------
    Raised
        If it raises at its caller; what did it is in `corpus` then.
    """
    fuzzer = Fuzzer(name, seeds(name))
    began = time.perf_counter()
    try:
        fuzzer.run(inputs // 4)
        quarter_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        fuzzer.run(inputs - inputs // 4)
    except Raised as found:
        if corpus is not None:
            _keep(corpus / name, [found.data])
        raise
    took_s = time.perf_counter() - began
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - quarter_kb
    if corpus is not None:
        _keep(corpus / name, fuzzer.found)
    rows = (
        ("hostile inputs", inputs, "inputs"),
        ("errors let out", 0, "errors"),
        ("memory grown after the first quarter", grown_kb / 1024, "MiB"),
        ("reasons of refusal met", len(fuzzer.reasons), "reasons"),
        ("lines reached beyond the seeds'", fuzzer.new_lines, "lines"),
        ("speed", inputs / took_s, "inputs/s"),
    )
    return [
        Row(bench="fuzz", name=f"{name}: {what}", value=value, unit=unit, simulated=True)
        for what, value, unit in rows
    ]


def seeds(name: str) -> list[bytes]:
    """Give what a driver's twin sends in a short scene."""
    place = (0.0, 60.0, 20.0)
    drone = Drone(
        name="drone-1",
        serial_number="ZZZZC0000001",
        operator_m=(-200, 50, 1.5),
        from_m=place,
        acceleration_m_s2=5,
        legs=(Leg(to_m=(20, 90, 30), speed_m_s=8, wait_s=60),),
    )
    scene = Scene(name="fuzz", site="none", seed=433, length_s=4, things=(drone,))
    site = SiteSection(name="s", latitude_deg=55.5, longitude_deg=3.5, altitude_hae_m=45)
    sensor = RecordedSensor(id="fuzz", driver=name, file="none")
    sent = TWINS[name](World(scene), site, sensor).observe(lambda time_s: round(time_s * 1e9) + 1)
    return [one.what[:LONGEST] for one, _ in zip(sent, range(40), strict=False)]


class Fuzzer:
    """One driver under hostile bytes.

    Attributes
    ----------
    found : list of bytes
        Inputs that opened new ways.
    reasons : set of str
        Why inputs were refused.
    new_lines : int
        Lines of the drivers that no seed executes and some input did.
    """

    def __init__(self, name: str, first: Sequence[bytes], seed: int = 433) -> None:
        self.found: list[bytes] = []
        self.reasons: set[str] = set()
        self.new_lines = 0
        self._name = name
        self._rng = random.Random(seed)
        self._seeds = list(first)
        self._lines: set[tuple[str, int]] = set()
        self._decoder = DRIVERS[name].decoder()
        self._done = 0
        for one in first:
            self._feed(one, traced=True)
        self._known = len(self._lines)

    def run(self, inputs: int) -> None:
        """Try so many more inputs."""
        for _ in range(inputs):
            self._done += 1
            if self._done % RENEWED_EVERY == 0:
                self._end(self._decoder)
                self._decoder = DRIVERS[self._name].decoder()
            data = self._changed()
            before = len(self._lines)
            new_reason = self._feed(data, traced=self._done <= TRACED)
            if len(self._lines) > before or new_reason:
                self._join(data)
        self.new_lines = len(self._lines) - self._known

    def _changed(self) -> bytes:
        rng = self._rng
        data = bytearray(rng.choice(self._seeds))
        for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
            rng.choice(CHANGES)(data, rng, self._seeds)
        changed = bytes(data[:LONGEST])
        return resealed(changed) if rng.random() < 0.5 else changed

    def _join(self, data: bytes) -> None:
        if len(data) <= KEPT_BYTES:
            self.found.append(data)
        self._seeds.append(data)
        if len(self._seeds) > MOST_SEEDS:
            del self._seeds[self._rng.randrange(len(self._seeds))]

    def _feed(self, data: bytes, *, traced: bool) -> bool:
        """Let the decoder have it; tell whether it was refused for a new reason."""
        refused = self._decoder.refused
        kinds = len(refused)
        if traced:
            sys.settrace(self._trace)
        try:
            for _ in self._decoder.feed(data, 1):
                pass
        except Exception as error:
            sys.settrace(None)
            raise Raised(self._name, data, error) from error
        finally:
            sys.settrace(None)
        if len(refused) == kinds:
            return False
        before = len(self.reasons)
        self.reasons.update(refused)
        return len(self.reasons) > before

    def _end(self, decoder: Decoder) -> None:
        try:
            for _ in decoder.close():
                pass
        except Exception as error:
            raise Raised(self._name, b"(at the end)", error) from error

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_DRIVERS):
            return None
        if event == "line":
            self._lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._trace


def _flip(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _cut(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    start = rng.randrange(len(data) + 1)
    del data[start : start + rng.randrange(1, 40)]


def _shorten(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _double(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    start = rng.randrange(len(data) + 1)
    data[start:start] = data[start : start + rng.randrange(1, 60)] * rng.randrange(1, 4)


def _splice(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    other = rng.choice(others)
    start, end = rng.randrange(len(data) + 1), rng.randrange(len(other) + 1)
    data[start:] = other[end:]


def _token(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    start = rng.randrange(len(data) + 1)
    data[start : start + rng.randrange(2)] = rng.choice(TOKENS)


def _number(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> None:
    """Put another number where one stands in text."""
    found = _NUMBER.search(data, rng.randrange(len(data) + 1))
    if found:
        data[found.start() : found.end()] = rng.choice(NUMBERS)


CHANGES: tuple[Change, ...] = (_flip, _set, _cut, _shorten, _double, _splice, _token, _number)


def resealed(data: bytes) -> bytes:
    """Give a packet with lengths and check that fit again; anything else as it is."""
    if data.startswith(dc09.LF) and data[dc09.HEAD : dc09.HEAD + 1] == b'"':
        return dc09.sealed(data[dc09.HEAD :].partition(dc09.CR)[0][:0xFFF])
    packet = unwrap(data)
    if packet is None:
        return data
    link_type, frame = packet
    if link_type == RADIOTAP and len(frame) > 19:
        body = frame[15:-4]
        return wrap(link_type, frame[:15] + body + crc32(body).to_bytes(4, "little"))
    if link_type == NORDIC_BLE and len(frame) > 30:
        at = 21 + (frame[8] >> 4 & 7 == 2)
        pdu = bytes([frame[at], (len(frame) - at - 5) & 0xFF]) + frame[at + 2 : -3]
        top = frame[:1] + (len(frame) - 7).to_bytes(2, "little") + frame[3:at]
        return wrap(link_type, top + pdu + crc24(pdu))
    return data


def _keep(folder: Path, found: Sequence[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for data in found:
        (folder / sha256(data).hexdigest()[:16]).write_bytes(data)
