"""What the sensors at the gate propose to be looked for: never a find, until a person confirms it.

A portal that goes off, an instrument's decision, energy where telephones send: each opens a
proposal, and what the same sensor says within a minute joins it, so that a busy gate is one line
and no flood. A find that names the proposal confirms it, a negative search too; what nobody
confirms within a shift expires, which is counted and in the log. No clock and no I/O: time is
passed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from ..config.codes import codes
from ..config.settings import SiteSection
from ..drivers.readings import (
    ContactStates,
    Instrument,
    PhoneEnergy,
    PortalCount,
    Reading,
    ScreeningResult,
    ThreatClass,
)
from .messages import Proposal, new_id
from .workflow import RefusedError

S = 1_000_000_000
GATHER_NS = 60 * S
"""What comes so soon after belongs to the same person at the gate, or to the next in the row."""

EXPIRE_NS = 8 * 3600 * S
"""A shift."""

MOST_OPEN = 200
POSITIVE = ("suspect", "alarm")

METHODS: dict[Instrument, str] = {
    "xray_baggage": "xray_baggage",
    "xray_body": "body_scanner",
    "body_scanner": "body_scanner",
    "trace": "trace_detector",
    "raman": "spectro_id",
    "dog": "dog",
}
CATEGORIES: dict[ThreatClass, str] = {
    "drugs": "drugs",
    "phone": "phone",
    "weapon": "weapon",
    "tool": "escape_tool",
    "explosive": "weapon",
    "tobacco": "tobacco",
    "cash": "money",
    "other": "other",
}
assert set(METHODS.values()) <= codes().methods.keys()
assert set(CATEGORIES.values()) <= codes().categories.keys()


@dataclass(frozen=True, slots=True)
class Hint:
    """One sensor's alarm, as what a find made of it would say."""

    sensor: str
    time_ns: int
    method: str
    categories: tuple[str, ...] = ()


def hint(sensor: str, reading: Reading, time_ns: int, *, screening: bool) -> Hint | None:
    """Give what a reading proposes; None where it proposes nothing.

    Parameters
    ----------
    sensor : str
    reading : Reading
    time_ns : int
        When it was true (UTC).
    screening : bool
        Whether a contact of this sensor is one of a screening device.
    """
    match reading:
        case PortalCount(new_alarms=alarms) if alarms > 0:
            return Hint(sensor, time_ns, "wtmd")
        case ScreeningResult(decision=decision) if decision in POSITIVE:
            named = (CATEGORIES.get(threat) for threat in reading.threat_classes)
            categories = tuple(dict.fromkeys(one for one in named if one is not None))
            return Hint(sensor, time_ns, METHODS[reading.device], categories)
        case PhoneEnergy(bursts=bursts) if bursts > 0:
            return Hint(sensor, time_ns, "phone_detector", ("phone",))
        case ContactStates() if screening and _went_off(reading):
            return Hint(sensor, time_ns, "other")
        case _:
            return None


def _went_off(contacts: ContactStates) -> bool:
    return any(contacts.states[number] == "alarm" for number in contacts.changed)


class Proposals:
    """The proposals of one site that wait for a person.

    Parameters
    ----------
    site : SiteSection
    restored : iterable of Proposal
        Those that were open when the gateway last ran.

    Attributes
    ----------
    expired : int
        How many nobody confirmed in time.
    """

    def __init__(self, site: SiteSection, restored: Iterable[Proposal] = ()) -> None:
        self.expired = 0
        self._site = site
        self._open: OrderedDict[str, Proposal] = OrderedDict(
            (one.proposal, one) for one in restored if one.state == "open"
        )

    @property
    def open(self) -> tuple[Proposal, ...]:
        """Those that wait, the oldest first."""
        return tuple(self._open.values())

    def take(self, hint: Hint) -> list[Proposal]:
        """Open a proposal, or add to the one that this sensor has just opened."""
        joined = next((one for one in self._open.values() if _belongs(one, hint)), None)
        if joined is not None:
            known = dict.fromkeys((*joined.categories, *hint.categories))
            more = replace(
                joined,
                id=new_id(hint.time_ns),
                time_ns=hint.time_ns,
                version=joined.version + 1,
                alarms=joined.alarms + 1,
                categories=tuple(known),
                last_ns=max(joined.last_ns, hint.time_ns),
            )
            self._open[more.proposal] = more
            return [more]
        new = Proposal(
            id=new_id(hint.time_ns),
            site=self._site.name,
            time_ns=hint.time_ns,
            mode=self._site.mode,
            proposal=new_id(hint.time_ns),
            state="open",
            sensor=hint.sensor,
            method=hint.method,
            categories=hint.categories,
            first_ns=hint.time_ns,
            last_ns=hint.time_ns,
            until_ns=hint.time_ns + EXPIRE_NS,
        )
        told: list[Proposal] = []
        if len(self._open) >= MOST_OPEN:
            told.append(self._end(next(iter(self._open)), hint.time_ns))
        self._open[new.proposal] = new
        return [*told, new]

    def confirm(self, proposal: str, find: str, now_ns: int) -> Proposal:
        """Close a proposal by the find, or the negative search, that a person recorded for it.

        Raises
        ------
        RefusedError
            If it does not wait any more.
        """
        self.require(proposal)
        return _next(self._open.pop(proposal), now_ns, state="confirmed", find=find)

    def require(self, proposal: str) -> None:
        """Make sure that a proposal waits.

        Raises
        ------
        RefusedError
            If it does not, or never did.
        """
        if proposal not in self._open:
            raise RefusedError(
                f"proposal {proposal} is not open; leave it out, the find stands by itself"
            )

    def reopen(self, proposal: Proposal) -> None:
        """Take a confirmation back whose find could not be made durable."""
        self._open[proposal.proposal] = replace(proposal, state="open", find=None)

    def tick(self, now_ns: int) -> list[Proposal]:
        """End what nobody confirmed in time."""
        late = [name for name, one in self._open.items() if one.until_ns <= now_ns]
        return [self._end(name, now_ns) for name in late]

    def _end(self, name: str, now_ns: int) -> Proposal:
        self.expired += 1
        return _next(self._open.pop(name), now_ns, state="expired", find=None)


def is_kept(proposal: Proposal) -> bool:
    """Whether the log hears of it: its beginning and its end, not each alarm that joined."""
    return proposal.version == 1 or proposal.state != "open"


def _belongs(proposal: Proposal, hint: Hint) -> bool:
    near = abs(hint.time_ns - proposal.last_ns) <= GATHER_NS
    return near and (proposal.sensor, proposal.method) == (hint.sensor, hint.method)


def _next(
    known: Proposal, now_ns: int, *, state: Literal["confirmed", "expired"], find: str | None
) -> Proposal:
    return replace(
        known,
        id=new_id(now_ns),
        time_ns=now_ns,
        version=known.version + 1,
        state=state,
        find=find,
    )
