from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from havik.drivers.radio.iq_files import IqFile, open_iq_file
from havik.gateway.offline import pictures
from havik.gateway.offline.pictures import COLORS, MOST_UNKNOWN, draw_spectrogram, spectrogram
from havik.signal.radio.emissions import Emission
from havik.signal.radio.iq import Samples, quantise
from havik.signal.radio.waveforms import noise, shifted

RATE_HZ = 20e6


def recording(path: Path, wave: Samples, center_hz: float | None = None) -> IqFile:
    path.write_bytes(quantise(wave, "cf32"))
    return open_iq_file(path, "cf32", RATE_HZ, center_hz)


def emission(label: str = "wifi", family: str = "background", start_s: float = 1e-3) -> Emission:
    assert family in {"drone", "controller", "background", "unknown"}
    return Emission(label, family, start_s, 1e-3, 0.0, 8e6, 10.0, 1.0)  # type: ignore[arg-type]  # asserted above


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are drawn, in order."""
    drawn: list[Figure] = []

    class Kept(Figure):
        def savefig(self, *args: object, **kwargs: object) -> None:
            drawn.append(self)
            super().savefig(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(pictures, "Figure", Kept)
    return drawn


def test_a_spectrogram_has_power_where_it_is(tmp_path: Path) -> None:
    wave = noise(np.random.default_rng(1), 200_000, 1e-6)
    wave[100_000:150_000] += shifted(np.ones(50_000, np.complex64), RATE_HZ, 4e6)
    power, row_s = spectrogram(recording(tmp_path / "a.iq", wave))
    assert len(power) * row_s == pytest.approx(10e-3)
    row, column = np.unravel_index(np.argmax(power), power.shape)
    assert 5e-3 <= row * row_s <= 7.5e-3
    assert (column / power.shape[1] - 0.5) * RATE_HZ == pytest.approx(4e6, abs=0.1e6)
    assert power.max() == pytest.approx(1, rel=0.4)


@pytest.mark.parametrize("samples", [1, 40, 1000, 3_000_000])
def test_a_spectrogram_of_any_length_is_as_large_as_a_picture(tmp_path: Path, samples: int) -> None:
    power, row_s = spectrogram(recording(tmp_path / "a.iq", np.ones(samples, np.complex64)))
    assert 1 <= power.shape[0] <= 1600
    assert 16 <= power.shape[1] <= 512
    assert np.isfinite(power).all()
    assert len(power) * row_s == pytest.approx(samples / RATE_HZ)


def drawn(figures: list[Figure], file: IqFile, found: list[Emission], png: Path) -> Figure:
    draw_spectrogram(file, found, png)
    assert png.read_bytes().startswith(b"\x89PNG")
    return figures[-1]


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_a_picture_says_what_it_shows(tmp_path: Path, figures: list[Figure]) -> None:
    file = recording(tmp_path / "night.iq", noise(np.random.default_rng(2), 100_000))
    found = [emission(), emission("dji-droneid", "drone", 3e-3)]
    axes = drawn(figures, file, found, tmp_path / "a.png").axes
    assert axes[0].get_title(loc="left") == "night.iq"
    assert axes[0].get_xlabel() == "time, ms"
    assert axes[0].get_ylabel() == "offset from the centre, MHz"
    assert axes[1].get_ylabel() == "dB over the noise"
    assert axes[0].get_xlim() == pytest.approx((0, 5))
    assert axes[0].get_ylim() == pytest.approx((-10, 10))
    assert sorted(names(figures[-1])) == ["dji-droneid", "wifi"]
    legend = axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["drone", "background"]


def test_frequencies_are_those_of_the_air_where_the_centre_is_known(
    tmp_path: Path, figures: list[Figure]
) -> None:
    file = recording(tmp_path / "a.iq", noise(np.random.default_rng(3), 100_000), 2.44e9)
    axes = drawn(figures, file, [], tmp_path / "a.png").axes[0]
    assert axes.get_ylabel() == "frequency, MHz"
    assert axes.get_ylim() == pytest.approx((2430, 2450))
    assert axes.get_legend() is None


def test_names_do_not_lie_over_one_another(tmp_path: Path, figures: list[Figure]) -> None:
    file = recording(tmp_path / "a.iq", noise(np.random.default_rng(4), 100_000))
    crowd = [emission(start_s=nth * 2e-5) for nth in range(60)]
    crowd.append(emission("dji-droneid", "drone", 1.05e-3))
    figure = drawn(figures, file, crowd, tmp_path / "a.png")
    assert "dji-droneid" in names(figure)  # drones come first
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert 2 < len(boxes) < len(crowd)
    for nth, box in enumerate(boxes):
        for other in boxes[:nth]:
            assert not box.overlaps(other)


def test_a_drone_has_the_widest_frame_and_its_own_colour(
    tmp_path: Path, figures: list[Figure]
) -> None:
    file = recording(tmp_path / "a.iq", noise(np.random.default_rng(5), 100_000))
    found = [emission("dji-droneid", "drone"), emission("elrs", "controller", 2e-3), emission(),
             emission("unknown", "unknown", 3e-3)]  # fmt: skip
    frames = drawn(figures, file, found, tmp_path / "a.png").axes[0].patches
    widths = [frame.get_linewidth() for frame in frames]
    assert widths[0] == max(widths)
    assert widths.count(widths[0]) == 1
    assert len(set(COLORS.values())) == len(COLORS)


def test_of_many_unknown_emissions_the_strongest_are_framed(
    tmp_path: Path, figures: list[Figure]
) -> None:
    file = recording(tmp_path / "a.iq", noise(np.random.default_rng(6), 100_000))
    found = [emission("unknown", "unknown", nth * 1e-5) for nth in range(100)]
    figure = drawn(figures, file, [*found, emission()], tmp_path / "a.png")
    assert len(figure.axes[0].patches) == MOST_UNKNOWN + 1
    assert names(figure) == ["wifi"]


def test_silence_can_be_drawn(tmp_path: Path, figures: list[Figure]) -> None:
    file = recording(tmp_path / "a.iq", np.zeros(5000, np.complex64))
    drawn(figures, file, [], tmp_path / "a.png")
