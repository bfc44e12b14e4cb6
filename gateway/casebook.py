"""The newest finds and incidents, closed ones too: what links are made among, and suggested.

Bounded: of the oldest the log alone knows. What is suggested is an assessment by rules that can be
read here, with its reasons; nothing is ever linked by it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from .messages import Custody, Find, Incident, LinkSuggestion

MOST_KEPT = 2_000
MOST_HANDOVERS = 100
"""Of one find; of a longer chain the newest are kept here, and the log has them all."""

HOURS = 12
"""So long after a flight a find may be of it: a yard is inspected before people go out again."""

AHEAD_NS = 300_000_000_000
"""A find may be told as found so long before the flight was seen: clocks differ by minutes."""

MOST_SUGGESTED = 3
LEAST = 0.2
MOST_SURE = 0.95
OUTSIDE = ("yard", "facade_window", "roof_net", "perimeter_inside", "perimeter_outside")

Kept = TypeVar("Kept", Find, Incident)


class Casebook:
    """The records of one site that commands may still name."""

    def __init__(self, restored: Iterable[Find | Incident | Custody] = ()) -> None:
        self._finds: OrderedDict[str, Find] = OrderedDict()
        self._incidents: OrderedDict[str, Incident] = OrderedDict()
        self._custody: OrderedDict[str, tuple[Custody, ...]] = OrderedDict()
        for record in restored:
            self.note(record)

    def note(self, record: Find | Incident | Custody) -> None:
        """Keep a record, if it is the newest version; handovers are kept all."""
        if isinstance(record, Find):
            _keep(self._finds, record.find, record)
        elif isinstance(record, Custody):
            steps = (*self._custody.pop(record.find, ()), record)
            self._custody[record.find] = steps[-MOST_HANDOVERS:]
            while len(self._custody) > MOST_KEPT:
                self._custody.popitem(last=False)
        else:
            _keep(self._incidents, record.incident, record)

    def find(self, name: str) -> Find | None:
        """The newest version of a find."""
        return self._finds.get(name)

    def custody(self, name: str) -> tuple[Custody, ...]:
        """The handovers of a find, in the order of their records."""
        return self._custody.get(name, ())

    def incident(self, name: str) -> Incident | None:
        """The newest version of an incident."""
        return self._incidents.get(name)

    @property
    def incidents(self) -> list[Incident]:
        """All incidents that are kept."""
        return list(self._incidents.values())


def suggest(find: Find, incidents: Sequence[Incident]) -> tuple[LinkSuggestion, ...]:
    """Give the flights that a find may be of, the likeliest first.

    Parameters
    ----------
    find : Find
    incidents : sequence of Incident
        Of any site, mode and kind.
    """
    flights = [one for one in incidents if _is_possible(find, one)]
    same_place = sum(bool(_places(find, one)[0]) for one in flights)
    rated = [_rate(find, one, max(same_place, 1)) for one in flights]
    good = sorted((one for one in rated if one.score >= LEAST), key=lambda one: -one.score)
    return tuple(good[:MOST_SUGGESTED])


def _is_possible(find: Find, incident: Incident) -> bool:
    if (incident.kind, incident.site, incident.mode) != ("flight", find.site, find.mode):
        return False
    since_ns = find.found_at_ns - _when_ns(incident)
    return -AHEAD_NS <= since_ns <= HOURS * 3600 * 10**9


def _when_ns(incident: Incident) -> int:
    """When it dropped, as far as anybody suspects; else when it was seen first."""
    drops = (step.time_ns for step in incident.steps if step.step == "drop-suspected")
    return next(drops, incident.first_contact_ns)


def _rate(find: Find, incident: Incident, rivals: int) -> LinkSuggestion:
    by_place, told = _places(find, incident)
    hours = max(0.0, (find.found_at_ns - _when_ns(incident)) / 3.6e12)
    by_time = 0.25 * (1 - min(hours / HOURS, 1))
    by_method = 0.1 if find.method == "drone_alarm_search" else 0.0
    by_route = 0.1 if find.route == "drone" else 0.0
    reasons = [*told, f"found {hours:.1f} h after"]
    score = by_place + by_time + by_method + by_route
    if by_method:
        reasons.append("by the search after a drone alarm")
    if by_route:
        reasons.append("the finder assesses the route as drone")
    if by_place and rivals > 1:
        score -= by_place * (1 - 1 / rivals)
        reasons.append(f"{rivals} flights fit this place in these hours")
    return LinkSuggestion(
        incident=incident.incident,
        score=round(max(0.0, min(score, MOST_SURE)), 2),
        reasons=tuple(reasons),
    )


def _places(find: Find, incident: Incident) -> tuple[float, list[str]]:
    """What the place adds, and why; a place elsewhere adds nothing."""
    zone = (find.place_ref or "").casefold()
    drops = {(s.zone or "").casefold() for s in incident.steps if s.step == "drop-suspected"}
    flown = {(place.zone or "").casefold() for place in incident.search}
    if zone and zone in drops:
        return 0.5, [f"a drop was suspected in {find.place_ref}"]
    if zone and zone in flown:
        return 0.3, [f"it flew over {find.place_ref}"]
    if not zone and find.place in OUTSIDE and incident.search:
        return 0.15, [f"found at {find.place}, in which zone is not told"]
    return 0.0, []


def _keep(kept: OrderedDict[str, Kept], name: str, record: Kept) -> None:
    known = kept.get(name)
    if known is not None and known.version > record.version:
        return
    kept[name] = record
    kept.move_to_end(name)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
