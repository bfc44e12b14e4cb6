"""The worked example is run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from havik.drivers.driver import Driver
from havik.drivers.readings import RadarFrame, RadarPoint, Reading

ROOT = Path(__file__).parents[2]
PAPER = (ROOT / "docs/adding-a-driver.md").read_text()
FRAME = RadarFrame(
    time_ns=7,
    frame_number=258,
    points=(RadarPoint(x_m=-1.0, y_m=2.55, z_m=0.0, range_rate_m_s=-0.02),),
)
WIRE = bytes.fromhex("5258 0201 9cff ff00 feff 4405")  # 0x0544 = 1348 is the sum before it


@pytest.fixture
def example() -> ModuleType:
    text = re.search(r"```python\n(.*?)```", PAPER, re.DOTALL)
    assert text is not None
    module = ModuleType("havik.drivers.radar.rodex_r2")
    module.__package__ = "havik.drivers.radar"
    exec(compile(text[1], "docs/adding-a-driver.md", "exec"), vars(module))
    return module


def read(driver: Driver, stream: bytes) -> tuple[list[Reading], dict[str, int]]:
    decoder = driver.decoder()
    found = [reading for byte in stream for reading in decoder.feed(bytes((byte,)), 7)]
    return [*found, *decoder.close()], dict(decoder.refused)


def test_the_example_reads_and_writes(example: ModuleType) -> None:
    assert read(example.DRIVER, WIRE + WIRE) == ([FRAME, FRAME], {})
    assert example.encode(FRAME) == WIRE
    spoilt = WIRE[:4] + b"\7" + WIRE[5:]
    assert read(example.DRIVER, b"junk" + spoilt + WIRE + WIRE[:-1]) == (
        [FRAME],
        {"junk between frames": 1, "wrong sum": 1, "cut off at the end": 1},
    )


def test_the_files_it_names_are_there() -> None:
    named = set(re.findall(r"`((?:drivers|simulators|gateway|tests)/[a-z_/]+\.py)`", PAPER))
    assert len(named) >= 6
    assert all((ROOT / name).is_file() for name in named)
