"""Flights that somebody approved: noted instead of alarmed, and never believed on a claim alone.

An entry names an aircraft's serial number or its operator's id, when it may fly, over which zone,
and who approved it (an opaque reference). What claims to be that aircraft is a noted flight, and
the note says whether anything but the claim tells so. A claim that is scored a spoof, or that
measurement contradicts, matches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ..config.settings import Authorised, SiteSection, Zone
from .claims import ClaimedAircraft
from .messages import NotedFlight, new_id
from .plan import Plan
from .things import Thing

DOUBTED = 0.5
"""A claim that is as likely a spoof as not is no reason to keep quiet."""

NOTED_AGAIN_NS = 300_000_000_000
MOST_NOTED = 1000


def authorised_problems(entries: Sequence[Authorised], zones: Sequence[Zone]) -> Iterator[str]:
    """Give what is wrong with the entries at any time, one line each."""
    known = {zone.id for zone in zones}
    there_are = ", ".join(sorted(known)) or "none"
    for number, entry in enumerate(entries):
        key = f"authorised[{number}]"
        if (entry.serial_number is None) == (entry.operator_id is None):
            yield f"`{key}`: name either a serial_number or an operator_id"
        if entry.begins.tzinfo is None or entry.ends.tzinfo is None:
            yield f"`{key}`: times need an offset from UTC; write 2026-11-25T18:00:00Z"
            continue
        if entry.ends <= entry.begins:
            yield f"`{key}.ends`: ends before it begins; exchange the two"
        if entry.zone is not None and entry.zone not in known:
            yield f"`{key}.zone`: no zone {entry.zone}; there are: {there_are}"
        for other, before in enumerate(entries[:number]):
            if _overlap(entry, before):
                yield f"`{key}`: overlaps with authorised[{other}]; make one entry of the two"


def expired(entries: Sequence[Authorised], now: datetime) -> Iterator[str]:
    """Name the entries that are over: harmless to a running gateway, and best removed."""
    for number, entry in enumerate(entries):
        if entry.ends <= now:
            over = f"{entry.ends:%Y-%m-%d %H:%M}"
            yield f"`authorised[{number}].ends`: it is over since {over}; remove the entry"


def _overlap(one: Authorised, other: Authorised) -> bool:
    if other.begins.tzinfo is None or other.ends.tzinfo is None:
        return False
    same = (one.serial_number, one.operator_id, one.zone) == (
        other.serial_number,
        other.operator_id,
        other.zone,
    )
    return same and one.begins < other.ends and other.begins < one.ends


class AuthorisedFlights:
    """The approved flights of one site."""

    def __init__(self, site: SiteSection, plan: Plan, entries: Sequence[Authorised]) -> None:
        self._site = site
        self._plan = plan
        self._entries = entries
        self._noted_ns: dict[tuple[str, str], int] = {}

    def match(self, thing: Thing, time_ns: int) -> Authorised | None:
        """The entry that covers `thing` now, if any."""
        claim = thing.claim
        if claim is None or not self._entries:
            return None
        if (claim.spoof or 0.0) >= DOUBTED or thing.verdict.support == "contradicted":
            return None
        covering = (one for one in self._entries if self._covers(one, claim, thing, time_ns))
        return next(covering, None)

    def note(self, entry: Authorised, thing: Thing, time_ns: int) -> NotedFlight | None:
        """The note of a flight; None where it is noted already."""
        key = (entry.approved_by, thing.track)
        last_ns = self._noted_ns.get(key)
        if last_ns is not None and time_ns - last_ns < NOTED_AGAIN_NS:
            return None
        self._noted_ns[key] = time_ns
        while len(self._noted_ns) > MOST_NOTED:
            del self._noted_ns[next(iter(self._noted_ns))]
        assert thing.claim is not None
        return NotedFlight(
            id=new_id(time_ns),
            site=self._site.name,
            time_ns=time_ns,
            mode=self._site.mode,
            track=thing.track,
            claim=thing.claim.name,
            approved_by=entry.approved_by,
            zone=entry.zone,
            basis="both" if thing.verdict.support == "supported" else "claimed",
        )

    def _covers(
        self, entry: Authorised, claim: ClaimedAircraft, thing: Thing, time_ns: int
    ) -> bool:
        if not entry.begins.timestamp() <= time_ns / 1e9 < entry.ends.timestamp():
            return False
        if entry.serial_number is not None:
            named = f"serial:{entry.serial_number}" in claim.identities
        else:
            named = entry.operator_id == claim.operator_id
        if not named or entry.zone is None:
            return named
        return thing.place_m is not None and self._plan.is_over(entry.zone, thing.place_m)
