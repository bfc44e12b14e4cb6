"""Against two real logs of an IWR6843 that were damaged: hardly a frame has all of its bytes."""

from __future__ import annotations

import csv
import random
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from havik.drivers.radar.ti_mmwave import DRIVER
from havik.drivers.readings import RadarFrame, Reading
from havik.drivers.transport.recording import Recording

LOGS = {
    "azim60_elev30_fast_threeTargets60deg_log_2024-11-28.csv": (176, 24),
    "azimu60_elev30_lanes_pedestrian_log_2024-11-28.csv": (188, 12),
}
"""Frames whose lengths add up, and others, as counted by a program of another make."""


def read(chunks: Iterable[bytes]) -> tuple[list[Reading], dict[str, int]]:
    decoder = DRIVER.decoder()
    found = [frame for chunk in chunks for frame in decoder.feed(chunk, 0)]
    found += decoder.close()
    return found, dict(decoder.refused)


def split(stream: bytes, rng: random.Random) -> list[bytes]:
    cuts = sorted(rng.randrange(len(stream)) for _ in range(200))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def log_bytes(log: Path) -> bytes:
    csv.field_size_limit(1 << 24)
    with log.open(newline="") as file:
        return b"".join(bytes(map(int, row["RawData"].split(","))) for row in csv.DictReader(file))


def adding_up(stream: bytes) -> Iterator[tuple[int, dict[int, bytes]]]:
    """Scan for packets whose lengths add up: the number of each, and its parts."""
    magic = bytes((2, 1, 4, 3, 6, 5, 8, 7))
    start = stream.find(magic)
    while start >= 0:
        length, _, number, _, _, count_of_parts = struct.unpack_from("<6I", stream, start + 12)
        at, parts = start + 40, {}
        while count_of_parts and at + 8 <= min(start + length, len(stream)):
            kind, size = struct.unpack_from("<II", stream, at)
            parts[kind] = stream[at + 8 : at + 8 + size]
            at += 8 + size
            count_of_parts -= 1
        whole = count_of_parts == 0 and at <= len(stream)
        if whole and start + length == at + (start - at) % 32:
            yield number, parts
        start = stream.find(magic, start + 1)


@pytest.mark.parametrize(("log", "counts"), LOGS.items())
def test_of_a_damaged_log_every_frame_is_saved_whose_lengths_add_up(
    recordings: Path, log: str, counts: tuple[int, int]
) -> None:
    stream = log_bytes(recordings / "radar" / log)
    expected = list(adding_up(stream))
    assert (len(expected), stream.count(stream[:8]) - len(expected)) == counts
    recording = Recording(recordings / "radar" / log, "serial")
    decoder = DRIVER.decoder()
    found = [f for f in recording.readings(decoder, 0) if isinstance(f, RadarFrame)]
    assert [frame.frame_number for frame in found] == [number for number, _ in expected]
    for frame, (_, parts) in zip(found, expected, strict=True):
        points = [(p.x_m, p.y_m, p.z_m, p.range_rate_m_s) for p in frame.points]
        assert points == list(struct.iter_unpack("<4f", parts[1]))
        levels = [(p.snr_db, p.noise_db) for p in frame.points]
        assert levels == [(a / 10, b / 10) for a, b in struct.iter_unpack("<2h", parts[7])]
        assert frame.statistics is not None
        assert frame.statistics.processing_us == struct.unpack_from("<I", parts[6])[0]
    assert decoder.refused == {"parts longer than their packet": counts[1]}
    assert not recording.refused


@pytest.mark.parametrize("log", LOGS)
def test_a_damaged_log_reads_the_same_however_it_is_cut(recordings: Path, log: str) -> None:
    stream = log_bytes(recordings / "radar" / log)
    whole = read([stream])
    for seed in range(5):
        assert read(split(stream, random.Random(seed))) == whole
    assert read(stream[i : i + 1] for i in range(len(stream))) == whole
