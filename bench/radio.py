"""How fast a stream is searched, how weak a burst may be, and how often noise alarms.

Speeds are by the processor time of one core.

The floor of speed is what any such search does at least with the same bytes, measured in the same
run: convert, window, FFT of 1,024, power, average of eight, logarithm. Real recordings are used
where the folder that `HAVIK_DATA` names has them; all else is simulated.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import scipy.fft

from ..signal.radio.boxes import CELL_FALSE_ALARM
from ..signal.radio.emissions import Emission, EmissionFinder
from ..signal.radio.iq import Samples, quantise, sample_bytes, to_complex64
from ..signal.radio.seek import FALSE_ALARMS_PER_MS
from ..signal.radio.spectrum import AVERAGED
from ..signal.radio.waveforms import droneid_burst, noise, shifted, wifi_like
from .radio_limits import limits
from .radio_scene import busy_scene
from .rows import Row
from .rows import processor_seconds as seconds

RATES_HZ = (20e6, 50e6, 61.44e6)
SCENE_RATE_HZ, SCENE_S = 61.44e6, 0.2
CHUNK_S = 0.1
NOISE_POWER = 1e-4
BLOCK = 65_536

FLOOR_BINS, FLOOR_BATCH, FLOOR_AVERAGED = 1024, 64, 8
FLOOR_NAME = "convert, window, FFT 1024, power, average 8, log"

BURST_BAND_HZ = 9.015e6
TRIAL_S, TRIALS = 15e-3, 40
RATIOS_DB = (-12, -14, -15, -16, -17)
NOISE_S = 6.0

FOUND = {"dji-droneid", "unknown-zadoff-chu"}
"""What a found burst is called: by its name where the surprise is enough for an alarm."""

RECORDINGS = (
    ("droneid_mavic_air_2_50MSps_cf32.iq", "cf32", 50e6),
    ("lte_downlink_1815.3MHz_19.2MSps_ci8.iq", "ci8", 19.2e6),
    ("wifi_radiated_dot11n_6.5mbps_20MSps_ci16.iq", "ci16", 20e6),
    ("analog_fpv_ntsc_5925MHz_10MSps_cf32.iq", "cf32", 10e6),
)
BURSTS_S = ((1.80e-3, 1.8595e-3), (2.51e-3, 2.5721e-3))
"""From where each real burst is cut, and where it starts."""


def run() -> list[Row]:
    rng = np.random.default_rng(433)
    found = [*_noise_speed(rng), *_busy_speed(rng), _scene_speed(rng), *_recording_speed()]
    return [*found, *_detection(rng), *_false_alarms(rng), *limits(rng)]


def _noise_speed(rng: np.random.Generator) -> Iterator[Row]:
    for rate_hz in RATES_HZ:
        chunk = _chunk(rng, rate_hz)
        yield _speed(f"noise at {rate_hz / 1e6:g} MS/s", [chunk] * 5, "ci16", rate_hz)


def _busy_speed(rng: np.random.Generator) -> Iterator[Row]:
    """DroneID every 640 ms, and Wi-Fi frames of 0.4 ms for a third of the time."""
    for rate_hz in RATES_HZ:
        plain, drone = (busy_chunk(rng, rate_hz, drone=drone) for drone in (False, True))
        chunks = [drone, *[plain] * 5, drone]
        name = f"DroneID and Wi-Fi at {rate_hz / 1e6:g} MS/s"
        yield _speed(name, chunks, "ci16", rate_hz)


def _scene_speed(rng: np.random.Generator) -> Row:
    chunk = quantise(busy_scene(rng, SCENE_RATE_HZ, SCENE_S), "ci16")
    name = f"Wi-Fi, Bluetooth, ELRS and OcuSync at {SCENE_RATE_HZ / 1e6:g} MS/s"
    return _speed(name, [chunk], "ci16", SCENE_RATE_HZ)


def _recording_speed() -> Iterator[Row]:
    """As `havik scan` reads a recording: nothing is passed over."""
    for name, sample_type, rate_hz in RECORDINGS:
        path = recordings_folder() / name
        if path.is_file():
            yield _speed(f"scan {name}", [path.read_bytes()], sample_type, rate_hz,
                         thorough=True, simulated=False)  # fmt: skip


def recordings_folder() -> Path:
    return Path(os.environ.get("HAVIK_DATA", Path(__file__).parents[2] / "shared/data")) / "rf"


def _speed(
    name: str,
    chunks: Sequence[bytes],
    sample_type: str,
    rate_hz: float,
    *,
    thorough: bool = False,
    simulated: bool = True,
    repeats: int = 3,
) -> Row:
    """Samples a second of the whole search, over the floor's with the same bytes."""
    samples = sum(len(chunk) for chunk in chunks) // sample_bytes(sample_type)
    took_s = seconds(lambda: search(chunks, sample_type, rate_hz, thorough=thorough), repeats)
    floor_s = seconds(lambda: _bare(chunks, sample_type), repeats)
    return Row(
        bench="radio",
        name=name,
        value=samples / took_s / 1e6,
        unit="MS/s",
        floor=samples / floor_s / 1e6,
        floor_name=FLOOR_NAME,
        simulated=simulated,
    )


def search(
    chunks: Iterable[bytes], sample_type: str, rate_hz: float, *, thorough: bool = False
) -> list[Emission]:
    finder = EmissionFinder(rate_hz, thorough=thorough)
    step = BLOCK * sample_bytes(sample_type)
    found: list[Emission] = []
    for chunk in chunks:
        for at in range(0, len(chunk), step):
            found += finder.feed(to_complex64(chunk[at : at + step], sample_type))
    return found + finder.close()


def _bare(chunks: Iterable[bytes], sample_type: str) -> None:
    """What no search of a spectrum can do without, in blocks that stay in the cache."""
    window = np.repeat(np.hanning(FLOOR_BINS).astype(np.float32), 2)
    buffer = np.empty((FLOOR_BATCH, FLOOR_BINS), np.complex64)
    batch = FLOOR_BATCH * FLOOR_BINS
    step = batch * sample_bytes(sample_type)
    blocks = (
        chunk[at : at + step] for chunk in chunks for at in range(0, len(chunk) - step + 1, step)
    )
    for block in blocks:
        frames = to_complex64(block, sample_type).reshape(buffer.shape)
        np.multiply(frames.view(np.float32), window, out=buffer.view(np.float32))
        spectra: Samples = scipy.fft.fft(buffer, overwrite_x=True)
        parts = spectra.view(np.float32)
        np.multiply(parts, parts, out=parts)
        mean = parts.reshape(-1, FLOOR_AVERAGED, 2 * FLOOR_BINS).sum(axis=1)
        np.log(mean[:, 0::2] + mean[:, 1::2] + np.float32(1e-30))


def _chunk(rng: np.random.Generator, rate_hz: float) -> bytes:
    return quantise(noise(rng, int(CHUNK_S * rate_hz), NOISE_POWER), "ci16")


def busy_chunk(rng: np.random.Generator, rate_hz: float, *, drone: bool) -> bytes:
    wave = noise(rng, int(CHUNK_S * rate_hz), NOISE_POWER)
    frame = wifi_like(rate_hz, rng, 96) * np.float32(np.sqrt(NOISE_POWER * 100))
    for start_s in np.arange(1e-3, CHUNK_S - 2e-3, 1.2e-3):
        _put(wave, frame, float(start_s), rate_hz)
    if drone:
        burst = droneid_burst(rate_hz, rng) * np.float32(np.sqrt(NOISE_POWER * 10))
        _put(wave, burst, 40e-3, rate_hz)
    return quantise(wave, "ci16")


def _put(wave: Samples, part: Samples, start_s: float, rate_hz: float) -> None:
    first = round(start_s * rate_hz)
    wave[first : first + len(part)] += part


def _detection(rng: np.random.Generator) -> Iterator[Row]:
    """The share of bursts that are found within 5 us, by their ratio in their own 9 MHz."""
    bursts, rate_hz, simulated = real_bursts(rng)
    for ratio_db in RATIOS_DB:
        gain = np.float32(np.sqrt(10 ** (ratio_db / 10) * BURST_BAND_HZ / rate_hz))
        live = thorough = 0
        for nth in range(TRIALS):
            burst, before_s = bursts[nth % len(bursts)]
            wave = noise(rng, int(TRIAL_S * rate_hz))
            at_s = float(rng.uniform(0.1, 0.9)) * TRIAL_S
            _put(wave, burst * gain, at_s, rate_hz)
            live += _is_found(wave, rate_hz, at_s + before_s, thorough=False)
            thorough += _is_found(wave, rate_hz, at_s + before_s, thorough=True)
        yield Row(
            bench="radio",
            name=f"DroneID bursts found at {ratio_db} dB in-band, thorough, {TRIALS} trials",
            value=thorough / TRIALS,
            unit="share",
            floor=live / TRIALS,
            floor_name=f"the gateway's search at {rate_hz / 1e6:g} MS/s",
            simulated=simulated,
        )


def _is_found(wave: Samples, rate_hz: float, start_s: float, *, thorough: bool) -> bool:
    finder = EmissionFinder(rate_hz, thorough=thorough)
    told = [one for one in finder.feed(wave) + finder.close() if one.label in FOUND]
    return any(abs(one.start_s - start_s) < 5e-6 for one in told)


def real_bursts(rng: np.random.Generator) -> tuple[list[tuple[Samples, float]], float, bool]:
    """Bursts of mean power 1, each with the time before it; the real ones where they are."""
    name, sample_type, rate_hz = RECORDINGS[0]
    path = recordings_folder() / name
    if not path.is_file():
        burst = shifted(droneid_burst(20e6, rng), 20e6, 2e6)
        return [(burst, 0.0)], 20e6, True
    wave = to_complex64(path.read_bytes(), sample_type)
    found: list[tuple[Samples, float]] = []
    for cut_s, start_s in BURSTS_S:
        first, last = round(start_s * rate_hz), round((start_s + 643.2e-6) * rate_hz)
        level = np.float32(np.sqrt(np.mean(np.abs(wave[first:last]) ** 2)))
        found.append((wave[round(cut_s * rate_hz) : last] / level, start_s - cut_s))
    return found, rate_hz, False


def _false_alarms(rng: np.random.Generator) -> Iterator[Row]:
    rate_hz = 20e6
    turns = round(NOISE_S / CHUNK_S)
    fresh = (_chunk(rng, rate_hz) for _ in range(turns))
    found = search(fresh, "ci16", rate_hz, thorough=True)
    stated = CELL_FALSE_ALARM * rate_hz / AVERAGED
    for name, value, floor in (
        (
            "DroneID bursts found",
            sum(one.label in FOUND for one in found) / NOISE_S,
            1e3 * FALSE_ALARMS_PER_MS,
        ),
        ("boxes", len(found) / NOISE_S, stated),
    ):
        yield Row(
            bench="radio",
            name=f"{name} in {NOISE_S:g} s of noise at {rate_hz / 1e6:g} MS/s",
            value=value,
            unit="1/s",
            floor=floor,
            floor_name="by the stated false-alarm rate",
            simulated=True,
        )
