"""Hop patterns: bursts that keep one clock are one emitter, however many channels they use.

Every burst that may be a link's is kept for a while. Where enough of them begin at one phase of the
link's period, on more than one channel, they are told as one emission: the chance that as many of
so many bursts fall into one window of the period is binomial. What keeps no period goes on under
the name that its own structure gave.
Everything is bounded: bursts that wait, and bursts that an emitter names.
Cost: a sort of the waiting bursts for each page and link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import binom

from .classify import Emission, Part
from .signature import Library, Signature

TOLERANCE_S = 40e-6
START_SHARE = 8.0
"""A start is known to so much over the burst's occupied band, at the level of the noise."""

WINDOW_S = 0.5
"""So long a burst waits for others of its link."""

TELL_EVERY_S = 1.0
MOST_WAITING = 600
MOST_PARTS = 400
SURPRISE_NATS = 9.0
"""That bursts of other links keep a period by chance: once in 8,000 looks."""

SAME_CHANNEL_HZ = 60e3
NEXT_S = (-2.5e-3, 0.5e-3)
"""The rest of a burst that a page's end cuts begins so long after its first piece ended: before it
where both pages have seen the samples between."""

NARROW_HZ = 2.5e6
CUT_WAITS_S = 0.1
"""What is cut waits so long at most for its rest."""


@dataclass(slots=True)
class _Emitter:
    signature: Signature
    phase_s: float
    nats: float
    tolerance_s: float
    bursts: list[Emission] = field(default_factory=list["Emission"])
    told: bool = False
    seen: int = 0


class HopLog:
    """Emissions of page after page in, the same with hopping links as one each out.

    Parameters
    ----------
    library : Library
    at_once : bool
        Tell an emitter as soon as it is known, and again every second; else every second only.
    """

    def __init__(self, library: Library, *, at_once: bool) -> None:
        self._library = library
        self._by_name = {one.name: one for one in library.signatures}
        self._at_once = at_once
        self._waiting: list[Emission] = []
        self._emitters: dict[str, _Emitter] = {}
        self.left_out = 0

    def take(self, emissions: Sequence[Emission]) -> list[Emission]:
        """Take the emissions of the next page; give what is settled."""
        settled: list[Emission] = []
        for one in emissions:
            if self._goes_on(one):
                continue
            waits = one.candidates or (one.is_cut and one.bandwidth_hz < NARROW_HZ)
            (self._waiting if waits else settled).append(one)
        now_s = max((one.start_s for one in emissions), default=0.0)
        for name in {name for one in self._waiting for name in one.candidates}:
            self._gather(self._by_name[name])
        settled += self._tell(now_s)
        old = [
            one for one in self._waiting
            if one.start_s < now_s - (WINDOW_S if one.candidates else CUT_WAITS_S)
        ]  # fmt: skip
        excess = self._waiting[: max(0, len(self._waiting) - MOST_WAITING)]
        gone = {id(one) for one in (*old, *excess)}
        settled += [replace(one, candidates=()) for one in self._waiting if id(one) in gone]
        self._waiting = [one for one in self._waiting if id(one) not in gone]
        return settled

    def close(self) -> list[Emission]:
        """Give what still waits, and the emitters."""
        told = [one for emitter in self._emitters.values() for one in self._close(emitter)]
        told += [replace(one, candidates=()) for one in self._waiting]
        self._waiting, self._emitters = [], {}
        return told

    def _goes_on(self, burst: Emission) -> bool:
        """Whether a burst is the rest of one that the page before has cut; they are joined then."""
        if not burst.is_cut or burst.bandwidth_hz > NARROW_HZ:
            return False
        for nth, before in enumerate(self._waiting):
            gap_s = burst.start_s - before.start_s - before.duration_s
            apart_hz = abs(burst.center_hz - before.center_hz)
            near = apart_hz < max(before.bandwidth_hz, burst.bandwidth_hz) / 2
            if before.is_cut and near and NEXT_S[0] < gap_s < NEXT_S[1]:
                self._waiting[nth] = _joined(before, burst)
                return True
        return False

    def _gather(self, signature: Signature) -> None:
        """Move the bursts that keep a link's period to its emitter."""
        own = [one for one in self._waiting if signature.name in one.candidates]
        own = [one for one in own if signature.lasts(one.duration_s)]
        emitter = self._emitters.get(signature.name)
        if emitter is None:
            found = in_phase([one.start_s for one in own], signature, tolerance_s(own))
            if found is None or _channels(own, found.members) < 2 <= signature.bursts:
                return
            emitter = _Emitter(signature, found.phase_s, found.nats, tolerance_s(own))
            self._emitters[signature.name] = emitter
        keeps = [one for one in own if _keeps(one.start_s, emitter)]
        if not keeps:
            return
        emitter.phase_s = max(keeps, key=lambda one: one.start_s).start_s  # clocks drift
        emitter.nats += len(keeps)
        emitter.seen += len(keeps)
        emitter.bursts = [*emitter.bursts, *keeps][-MOST_PARTS:]
        moved = {id(one) for one in keeps}
        self._waiting = [one for one in self._waiting if id(one) not in moved]

    def _tell(self, now_s: float) -> Iterable[Emission]:
        for emitter in list(self._emitters.values()):
            first_s = min((one.start_s for one in emitter.bursts), default=now_s)
            due = now_s - first_s >= TELL_EVERY_S or (self._at_once and not emitter.told)
            if due:
                yield from self._close(emitter)
                if not emitter.bursts and now_s - emitter.phase_s > 2 * TELL_EVERY_S:
                    del self._emitters[emitter.signature.name]

    def _close(self, emitter: _Emitter) -> Iterable[Emission]:
        """The emitter's bursts so far as one emission."""
        bursts, emitter.bursts, emitter.told = emitter.bursts, [], True
        if bursts:
            yield self._one(emitter, bursts)

    def _one(self, emitter: _Emitter, bursts: Sequence[Emission]) -> Emission:
        signature = emitter.signature
        start_s = min(one.start_s for one in bursts)
        end_s = max(one.start_s + one.duration_s for one in bursts)
        low_hz = min(one.center_hz - one.bandwidth_hz / 2 for one in bursts)
        high_hz = max(one.center_hz + one.bandwidth_hz / 2 for one in bursts)
        strongest = max(bursts, key=lambda one: one.snr_db)
        channels = _channels(bursts, range(len(bursts)))
        return Emission(
            label=signature.label,
            family=signature.family,
            start_s=start_s,
            duration_s=end_s - start_s,
            center_hz=(low_hz + high_hz) / 2,
            bandwidth_hz=high_hz - low_hz,
            snr_db=float(np.median([one.snr_db for one in bursts])),
            confidence=self._library.confidence(signature.label, emitter.nats),
            evidence={
                **strongest.evidence,
                "mode": signature.name,
                "bursts": float(len(bursts)),
                "channels": float(channels),
                "period_s": signature.period_s,
                "burst_duration_s": round(float(np.median([b.duration_s for b in bursts])), 6),
                "surprise_nats": round(emitter.nats, 1),
            },
            parts=tuple(Part(b.start_s, b.duration_s, b.center_hz, b.bandwidth_hz) for b in bursts),
        )


def _joined(before: Emission, after: Emission) -> Emission:
    """One burst of two pieces, under the name and with the evidence of the plainer one."""
    plainer = max(before, after, key=_plainness)
    candidates = (*before.candidates, *after.candidates)
    return replace(
        plainer,
        start_s=before.start_s,
        duration_s=max(before.duration_s, after.start_s + after.duration_s - before.start_s),
        candidates=tuple(dict.fromkeys(candidates)),
        is_cut=after.is_cut,
    )


def _plainness(one: Emission) -> tuple[bool, float]:
    nats = one.evidence.get("surprise_nats", 0.0)
    return not one.label.startswith("unknown"), float(nats)


@dataclass(frozen=True, slots=True)
class InPhase:
    """Bursts that keep a period: which, at what phase, and how unlikely by chance."""

    members: tuple[int, ...]
    phase_s: float
    nats: float


def tolerance_s(bursts: Sequence[Emission]) -> float:
    """How exactly the starts of such bursts are known."""
    widths = [float(one.evidence.get("occupied_hz", one.bandwidth_hz)) for one in bursts]
    return TOLERANCE_S + START_SHARE / max(float(np.median(widths)), 1e3) if widths else TOLERANCE_S


def in_phase(
    starts_s: Sequence[float], signature: Signature, within_s: float = TOLERANCE_S
) -> InPhase | None:
    """Find the bursts that keep the period of a link; None where too few do.

    Parameters
    ----------
    starts_s : sequence of float
    signature : Signature
        Its period; 0 takes all bursts together.
    within_s : float
        Of the period's beat: how exactly the starts are known.
    """
    if len(starts_s) < signature.bursts:
        return None
    if signature.bursts <= 1:
        return InPhase(tuple(range(len(starts_s))), starts_s[0], SURPRISE_NATS)
    period_s, count = signature.period_s, len(starts_s)
    best: list[int] = []
    for anchor_s in starts_s:
        late = (abs(_off(one - anchor_s, period_s)) <= within_s for one in starts_s)
        members = [nth for nth, near in enumerate(late) if near]
        best = max(best, members, key=len)
    share = min(1.0, 2 * within_s / period_s)
    chance = float(binom.sf(len(best) - 2, count - 1, share)) * count
    nats = -float(np.log(max(chance, 1e-300)))
    if len(best) < signature.bursts or nats < SURPRISE_NATS:
        return None
    return InPhase(tuple(best), starts_s[best[0]], nats)


def _keeps(start_s: float, emitter: _Emitter) -> bool:
    """Whether a burst is at its emitter's phase, or at the second of its pair."""
    signature = emitter.signature
    if signature.bursts <= 1:
        return True
    offsets = (0.0, signature.pair_s, -signature.pair_s)
    after_s = start_s - emitter.phase_s
    return any(
        abs(_off(after_s - at, signature.period_s)) <= 1.5 * emitter.tolerance_s for at in offsets
    )


def _off(after_s: float, period_s: float) -> float:
    """How far from the nearest whole period."""
    return after_s - round(after_s / period_s) * period_s


def _channels(bursts: Sequence[Emission], members: Iterable[int]) -> int:
    """How many frequencies some bursts use."""
    centers = np.sort([bursts[nth].center_hz for nth in members])
    return 1 + int(np.count_nonzero(np.diff(centers) > SAME_CHANNEL_HZ)) if len(centers) else 0
