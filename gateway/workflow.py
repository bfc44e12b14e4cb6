"""The follow-up of one incident, step by step: what each asks for, and what it leaves behind.

    dispatch, suspect ─► open search ─► look at each item ─► record what was found, or nothing
                                                                        │
    close with an outcome ◄── release, by a role that may ◄── close the search

Pure: an incident goes in, its next state comes out, or the reason why not yet. `incidents.py`
numbers the versions. The whole table stands in docs/incidents.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ..config.codes import codes
from ..config.settings import Zone
from .messages import CheckedItem, Find, Incident, Place, Search, Step, new_id

NOT_JUDGED = "not_judged"
"""The outcome of what the gateway itself closes."""


class RefusedError(Exception):
    """A command that the workflow does not allow now; the text says why and what to do first."""


def next_version(before: Incident, after: Incident, now_ns: int) -> Incident:
    """Number a changed incident; it has a message id of its own, and its times are measured."""
    now_ns = max(now_ns, before.time_ns)  # late evidence makes no older version
    return replace(
        after,
        id=new_id(now_ns),
        version=before.version + 1,
        time_ns=now_ns,
        times=step_times(after),
    )


def with_step(incident: Incident, step: Step) -> Incident:
    """The incident with one step more."""
    return replace(incident, steps=(*incident.steps, step))


def dispatched(incident: Incident, by: str, unit: str, zone: str | None, now_ns: int) -> Incident:
    """Note which unit was sent, and where to."""
    step = Step(step="dispatched", time_ns=now_ns, by=by, zone=zone, unit=unit)
    return with_step(incident, step)


def suspected(incident: Incident, place: Place, by: str | None, now_ns: int) -> Incident:
    """Suspect a drop at `place`: its zone is on hold until it is searched."""
    zone = place.zone
    assert zone is not None
    others = tuple(other for other in incident.search if other.zone != zone)
    hold = incident.hold if zone in incident.hold else (*incident.hold, zone)
    return replace(
        incident,
        drop=incident.drop or place,
        search=(place, *others),
        hold=hold,
        steps=(
            *incident.steps,
            Step(step="drop-suspected", time_ns=now_ns, by=by, zone=zone),
        ),
    )


def held(incident: Incident, zones: Sequence[str], now_ns: int) -> Incident:
    """Put zones on hold that were flown over, without a drop that anybody saw."""
    steps = tuple(Step(step="held", time_ns=now_ns, zone=zone) for zone in zones)
    return replace(incident, hold=(*incident.hold, *zones), steps=(*incident.steps, *steps))


def search_opened(
    incident: Incident, zone: Zone, by: str, unit: str | None, now_ns: int
) -> Incident:
    """Open the search of a zone, with the checklist of its kind or its own.

    Raises
    ------
    RefusedError
        If a search of it is open.
    """
    if (search := open_search(incident, zone.id)) is not None:
        raise RefusedError(f"a search of {zone.id} is open, by {search.by}; close that one first")
    items = zone.checklist or tuple(codes().checklists.get(zone.kind, {}))
    search = Search(
        zone=zone.id,
        opened_ns=now_ns,
        by=by,
        unit=unit,
        checklist=tuple(CheckedItem(item=item) for item in items),
    )
    step = Step(step="search-opened", time_ns=now_ns, by=by, zone=zone.id, unit=unit)
    return with_step(replace(incident, searches=(*incident.searches, search)), step)


def checked(incident: Incident, zone: str, items: Sequence[str], by: str, now_ns: int) -> Incident:
    """Note that items of a zone's checklist were looked at; a second look changes nothing.

    Raises
    ------
    RefusedError
        If no search of the zone is open, or an item is not on its list.
    """
    search = _needed(incident, zone)
    known = [one.item for one in search.checklist]
    for item in items:
        if item not in known:
            there_are = ", ".join(known) or "none"
            raise RefusedError(f"`{item}` is not on {zone}'s checklist; there are {there_are}")
    checklist = tuple(
        CheckedItem(item=one.item, time_ns=now_ns, by=by)
        if one.item in items and one.time_ns is None
        else one
        for one in search.checklist
    )
    return _with_search(incident, search, replace(search, checklist=checklist))


def recorded(incident: Incident, find: Find, zone: str | None, now_ns: int) -> Incident:
    """Link what a search found, or that it found nothing; an open search stays open."""
    text = "nothing found" if find.negative_search else "found"
    step = Step(step="searched", time_ns=now_ns, by=find.finder_role, zone=zone, text=text)
    return with_step(replace(incident, finds=(*incident.finds, find.find)), step)


def linked(incident: Incident, find: str, by: str | None, now_ns: int) -> Incident:
    """Link a find that was recorded before; it is no search, and releases nothing."""
    step = Step(step="find-linked", time_ns=now_ns, by=by, text=find)
    finds = incident.finds if find in incident.finds else (*incident.finds, find)
    return with_step(replace(incident, finds=finds), step)


def search_closed(incident: Incident, zone: str, by: str, now_ns: int) -> Incident:
    """Close a search whose list is done and whose result is recorded.

    Raises
    ------
    RefusedError
        If none is open, something was not looked at, or nothing is recorded.
    """
    search = _needed(incident, zone)
    missing = [one.item for one in search.checklist if one.time_ns is None]
    if missing:
        raise RefusedError(f"{zone}: not looked at yet: {', '.join(missing)}; check them first")
    if not is_searched(incident, zone, since_ns=search.opened_ns):
        raise RefusedError(f"{zone}: record a find or a negative search first")
    closed = _with_search(incident, search, replace(search, closed_ns=now_ns))
    return with_step(closed, Step(step="search-closed", time_ns=now_ns, by=by, zone=zone))


def released(incident: Incident, zone: str, by: str, role: str, now_ns: int) -> Incident:
    """Lift the hold of a zone that has been searched.

    Raises
    ------
    RefusedError
        If the zone is not on hold, its search is open, or none is recorded since the last drop.
    """
    if zone not in incident.hold:
        raise RefusedError(f"{zone} is not on hold (on hold: {', '.join(incident.hold) or 'none'})")
    if (search := open_search(incident, zone)) is not None:
        raise RefusedError(f"the search of {zone} is open, by {search.by}; close it first")
    if not is_searched(incident, zone):
        raise RefusedError(f"{zone} has not been searched; record a find or a negative search")
    hold = tuple(one for one in incident.hold if one != zone)
    step = Step(step="released", time_ns=now_ns, by=by, role=role, zone=zone)
    return with_step(replace(incident, hold=hold), step)


def check_closable(incident: Incident) -> None:
    """Make sure that an incident may be closed.

    Raises
    ------
    RefusedError
        If its flight is in contact, a zone is on hold, or a search is open.
    """
    if incident.contact:
        raise RefusedError("the flight is still in contact; close it when it is gone")
    if incident.hold:
        raise RefusedError(f"{', '.join(incident.hold)} on hold; search and release first")
    searching = [one.zone for one in incident.searches if one.closed_ns is None]
    if searching:
        raise RefusedError(f"the search of {', '.join(searching)} is open; close it first")


def is_searched(incident: Incident, zone: str, since_ns: int | None = None) -> bool:
    """Whether a search of `zone` is recorded, and no drop there suspected since."""
    for step in reversed(incident.steps):
        if step.zone != zone or step.step not in ("searched", "drop-suspected"):
            continue
        return step.step == "searched" and (since_ns is None or step.time_ns >= since_ns)
    return False


def open_search(incident: Incident, zone: str) -> Search | None:
    """The search of `zone` that is open, if any."""
    return next(
        (one for one in incident.searches if one.zone == zone and one.closed_ns is None), None
    )


def step_times(incident: Incident) -> dict[str, float]:
    """Seconds from the alarm to the first of each kind of step; late evidence counts as 0."""
    times: dict[str, float] = {}
    start_ns = incident.steps[0].time_ns if incident.steps else incident.first_contact_ns
    for step in incident.steps[1:]:
        if step.step != "note":
            times.setdefault(step.step, max(0.0, round((step.time_ns - start_ns) / 1e9, 3)))
    return times


def _needed(incident: Incident, zone: str) -> Search:
    search = open_search(incident, zone)
    if search is None:
        raise RefusedError(f"no search of {zone} is open; open one first")
    return search


def _with_search(incident: Incident, before: Search, after: Search) -> Incident:
    searches = tuple(after if one is before else one for one in incident.searches)
    return replace(incident, searches=searches)
