"""How fast the drivers decode, beside the bare reading of the same bytes.

All input is simulated. A radar at 921,600 baud sends 0.09 MB/s and ten frames a second; a receiver
of Remote ID, a few objects a second; one of I/Q, up to 100 MB/s.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from ..drivers.driver import Decoder, Driver
from ..drivers.radar import ti_mmwave
from ..drivers.radio import iq_blocks
from ..drivers.readings import (
    IqBlock,
    Position,
    RadarFrame,
    RadarPoint,
    RadarStatistics,
    RadarTemperature,
    RemoteIdReport,
)
from ..drivers.remote_id import dronescout
from .rows import Row, seconds

FRAMES = 2000
MOST_POINTS = 20
READ_BYTES = 4096
REPORTS = 3000
BLOCKS = 300
BLOCK_BYTES = 61_440  # 2 ms of ci8 at 15.36 MS/s
RECORD = struct.Struct("<4f")


def run() -> list[Row]:
    rng = random.Random(433)
    return [*_radar(rng), _remote_id(rng), _iq(rng)]


def _radar(rng: random.Random) -> Iterable[Row]:
    frames = [_frame(rng, number) for number in range(FRAMES)]
    stream = b"".join(map(ti_mmwave.encode, frames))
    pieces = [stream[at : at + READ_BYTES] for at in range(0, len(stream), READ_BYTES)]
    took_s = seconds(lambda: _decode(ti_mmwave.DRIVER, pieces, FRAMES))
    floor_s = seconds(lambda: sum(1 for _ in RECORD.iter_unpack(stream)))
    for value, unit in ((FRAMES, "frames/s"), (len(stream) / 1e6, "MB/s")):
        yield Row(
            bench="drivers",
            name="ti-mmwave decode",
            value=value / took_s,
            unit=unit,
            floor=value / floor_s,
            floor_name="struct.unpack of the same bytes",
            simulated=True,
        )


def _remote_id(rng: random.Random) -> Row:
    payloads = [dronescout.encode(_report(rng, number)) for number in range(REPORTS)]
    took_s = seconds(lambda: _decode(dronescout.DRIVER, payloads, REPORTS))
    floor_s = seconds(lambda: [msgspec.json.decode(payload) for payload in payloads])
    return Row(
        bench="drivers",
        name="dronescout decode",
        value=REPORTS / took_s,
        unit="objects/s",
        floor=REPORTS / floor_s,
        floor_name="JSON of the same text alone",
        simulated=True,
    )


def _iq(rng: random.Random) -> Row:
    block = IqBlock(
        time_ns=1,
        sequence=0,
        sample_rate_hz=15.36e6,
        center_hz=2.4295e9,
        sample_type="ci8",
        samples=rng.randbytes(BLOCK_BYTES),
    )
    payloads = [iq_blocks.encode(replace(block, sequence=number)) for number in range(BLOCKS)]
    took_s = seconds(lambda: _decode(iq_blocks.DRIVER, payloads, BLOCKS))
    floor_s = seconds(lambda: sum(len(bytearray(payload)) for payload in payloads))
    megabytes = sum(map(len, payloads)) / 1e6
    return Row(
        bench="drivers",
        name="iq-blocks decode",
        value=megabytes / took_s,
        unit="MB/s",
        floor=megabytes / floor_s,
        floor_name="a copy of the same bytes",
        simulated=True,
    )


def _decode(driver: Driver, pieces: Sequence[bytes], expected: int) -> None:
    decoder: Decoder = driver.decoder()
    count = sum(1 for piece in pieces for _ in decoder.feed(piece, 0))
    assert (count, decoder.refused.total()) == (expected, 0)


def _frame(rng: random.Random, number: int) -> RadarFrame:
    points = tuple(
        RadarPoint(
            x_m=rng.uniform(-50, 50),
            y_m=rng.uniform(0, 100),
            z_m=rng.uniform(-5, 20),
            range_rate_m_s=rng.uniform(-20, 20),
            snr_db=rng.randrange(100, 300) / 10,
            noise_db=rng.randrange(400, 500) / 10,
        )
        for _ in range(rng.randrange(MOST_POINTS + 1))
    )
    return RadarFrame(
        time_ns=0,
        frame_number=number,
        points=points,
        statistics=RadarStatistics(
            processing_us=9000,
            transmit_us=700,
            frame_margin_us=90_000,
            chirp_margin_us=24,
            active_load_percent=31,
            idle_load_percent=5,
        ),
        temperature=RadarTemperature(uptime_ms=number * 100, sensors_c=(45,) * 10),
    )


def _report(rng: random.Random, number: int) -> RemoteIdReport:
    place = Position(
        latitude_deg=rng.uniform(-80, 80),
        longitude_deg=rng.uniform(-170, 170),
        altitude_hae_m=45.5,
    )
    return RemoteIdReport(
        time_ns=(number + 1) * 1_000_000,
        receiver="rid-1",
        transmitter=f"02:00:00:00:{number // 256:02X}:{number % 256:02X}",
        transport="wifi-beacon",
        level_dbm=-72,
        channel=6,
        serial_number="ZZZZC0000001",
        aircraft_type=2,
        operational_status=2,
        position=place,
        course_deg=90,
        ground_speed_m_s=10,
        climb_m_s=0,
        operator_position=place,
        operator_position_kind="live",
    )
