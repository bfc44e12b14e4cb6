"""How well DroneID bursts are read, how long that takes, and which control bursts are named.

The real bursts are used where the folder that `HAVIK_DATA` names has them; a peer's figures stand
beside them. All else is simulated. In the trials a burst is decoded from where our own detector
finds it, with its carrier.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from ..signal.radio.channel import Segment
from ..signal.radio.droneid import find_bursts
from ..signal.radio.droneid_link import air_bits, decode_burst
from ..signal.radio.droneid_payload import DroneIdMessage
from ..signal.radio.emissions import EmissionFinder
from ..signal.radio.iq import Samples, to_complex64
from ..signal.radio.waveforms import droneid_burst, noise, shifted
from .radio import BURST_BAND_HZ, RECORDINGS, real_bursts, recordings_folder
from .rows import Row

RATIOS_DB = (-6, -4, -3, -2, 0, 5, 20)
TRIALS = 20
SIMULATED_TRIALS = 10
TRIAL_S = 2.5e-3
RATE_HZ = 20e6
OFFSETS = ((50e3, 20.0), (-50e3, -20.0), (50e3, -20.0), (-50e3, 20.0))
PEER = "DroneSecurity 9ff8198 on such a machine"
PEER_SHARE = {20: 1.0, 15: 0.5, 12: 0.0, 10: 0.0, 5: 0.0, 0: 0.0}
"""Decoded with the position handed over, 4 trials each."""

MESSAGE = DroneIdMessage(kind="telemetry", length=88, serial_number="SIMULATED0001")


def run() -> list[Row]:
    rng = np.random.default_rng(600)
    return [*_recording(), *_curve(rng), *_offsets(rng)]


def _row(name: str, value: float, unit: str, *, simulated: bool, floor: float | None = None) -> Row:
    return Row(bench="droneid", name=name, value=value, unit=unit, floor=floor,
               floor_name=None if floor is None else PEER, simulated=simulated)  # fmt: skip


def _recording() -> Iterator[Row]:
    name, sample_type, rate_hz = RECORDINGS[0]
    path = recordings_folder() / name
    if not path.is_file():
        return
    finder = EmissionFinder(rate_hz, thorough=True)
    finder.reads_payload = True
    found = finder.feed(to_complex64(path.read_bytes(), sample_type)) + finder.close()
    messages = [one.message for one in found if one.message is not None]
    identity = [one for one in messages if one.kind == "identity" and one.length == 141]
    telemetry = [one for one in messages if one.kind == "telemetry"]
    numbered = sum(one.sequence_number == 589 for one in telemetry)
    controls = sum(one.label == "dji-ocusync-control" for one in found)
    for what, value, peer in (
        ("bursts of 2 decoded, both checksums", len(messages), 1.0),
        ("identity messages of length 141", len(identity), None),
        ("telemetry with sequence number 589", numbered, None),
        ("control bursts of 2 named", controls, None),
    ):
        yield _row(f"real recording: {what}", value, "", simulated=False, floor=peer)


def _curve(rng: np.random.Generator) -> Iterator[Row]:
    """The share decoded, and the time for it, by the ratio in the burst's own 9 MHz."""
    bursts, rate_hz, simulated = real_bursts(rng)
    if simulated:
        bursts = [(droneid_burst(rate_hz, rng, bits=air_bits(MESSAGE)), 0.0)]
    for ratio_db in RATIOS_DB:
        gain = np.float32(np.sqrt(10 ** (ratio_db / 10) * BURST_BAND_HZ / rate_hz))
        trials = [_trial(bursts[nth % len(bursts)][0] * gain, rate_hz, rng)
                  for nth in range(TRIALS)]  # fmt: skip
        share = float(np.mean([decoded for decoded, _ in trials]))
        took_s = [took for _, took in trials if took > 0]
        yield _row(f"decoded at {ratio_db} dB in-band, {TRIALS} trials", share, "share",
                   simulated=simulated, floor=PEER_SHARE.get(ratio_db))  # fmt: skip
        for name, value in (("median", np.median(took_s)), ("longest", np.max(took_s))):
            what = f"processor time for a burst at {ratio_db} dB, {name}"
            yield _row(what, float(value) * 1e3, "ms", simulated=simulated)


def _offsets(rng: np.random.Generator) -> Iterator[Row]:
    """The far corners of carrier and clock, both forms, at 0 dB."""
    gain = np.float32(np.sqrt(BURST_BAND_HZ / RATE_HZ))
    for symbols in (9, 8):
        for carrier_hz, clock_ppm in (*OFFSETS, (0.0, 0.0)):
            rate_hz = RATE_HZ * (1 + clock_ppm * 1e-6)
            decoded = 0
            for _ in range(SIMULATED_TRIALS):
                made = droneid_burst(rate_hz, rng, symbols=symbols, bits=air_bits(MESSAGE))
                decoded += _trial(shifted(made, RATE_HZ, carrier_hz) * gain, RATE_HZ, rng)[0]
            name = f"{symbols} symbols, {carrier_hz / 1e3:+g} kHz, {clock_ppm:+g} ppm, 0 dB"
            yield _row(f"decoded: {name}, {SIMULATED_TRIALS} trials",
                       decoded / SIMULATED_TRIALS, "share", simulated=True)  # fmt: skip


def _trial(burst: Samples, rate_hz: float, rng: np.random.Generator) -> tuple[bool, float]:
    """Whether one burst in noise is decoded, and how long that took; 0 s if it was not found."""
    wave = noise(rng, int(TRIAL_S * rate_hz))
    first = int(rng.uniform(0.1, 0.6) * TRIAL_S * rate_hz)
    wave[first : first + len(burst)] += burst
    segment = Segment(wave, rate_hz)
    decoded, took_s = False, 0.0
    for found in find_bursts(segment, -3e6, 6e6):
        begin = time.thread_time()
        part, cut_s = segment.part(found.start_s - 0.25e-3, found.start_s + 1e-3, 15.36e6)
        start_s = found.start_s - cut_s
        message = decode_burst(part, start_s, found.carrier_hz, found.symbols)
        took_s = max(took_s, time.thread_time() - begin)
        decoded |= message is not None
    return decoded, took_s
