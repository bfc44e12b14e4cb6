from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from havik.signal.radio.iq import to_complex64
from havik.signal.radio.links.steady import video, voice_fm
from havik.signal.radio.video import channel_name, find_lines
from havik.signal.radio.waveforms import noise


@pytest.mark.parametrize(("name", "standard"), [("ntsc", "NTSC"), ("pal", "PAL")])
def test_lines_tell_the_standard(name: str, standard: str) -> None:
    rng = np.random.default_rng(97)
    (burst,) = video(10e6, 20e-3, rng, standard=name)
    lines = find_lines(burst.wave + noise(rng, len(burst.wave), 0.05), 10e6)
    assert lines is not None
    assert lines.standard == standard


def test_the_real_picture_is_ntsc(recordings: Path) -> None:
    path = recordings / "rf/analog_fpv_ntsc_5925MHz_10MSps_cf32.iq"
    lines = find_lines(to_complex64(path.read_bytes(), "cf32"), 10e6)
    assert lines is not None
    assert lines.standard == "NTSC"
    assert lines.line_hz == pytest.approx(15734.27, abs=10)


def test_sound_has_no_lines() -> None:
    rng = np.random.default_rng(98)
    (burst,) = voice_fm(10e6, 20e-3, rng, 5.8e9)
    lines = find_lines(burst.wave + noise(rng, len(burst.wave), 0.05), 10e6)
    assert lines is None or lines.comb < 2


@pytest.mark.parametrize(
    ("mhz", "name"), [(5925, "E7 5925 MHz"), (5865, "A1 5865 MHz"), (2450, None)]
)
def test_channels_have_names(mhz: float, name: str | None) -> None:
    assert channel_name(mhz * 1e6 + 0.2e6) == name
