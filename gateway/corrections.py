"""The next version of a find: what was wrong stays in the log, with the reason beside it."""

from __future__ import annotations

from msgspec.structs import replace

from ..config.settings import SiteSection
from .commands import CorrectFind, RecordFind
from .errors import UsageError
from .finds import make_find
from .messages import Find


def corrected(find: Find, command: CorrectFind, now_ns: int) -> Find:
    """Make the version that `command` asks for.

    Parameters
    ----------
    find : Find
        The newest version.
    command : CorrectFind
    now_ns : int
        The moment of the correction (UTC).

    Raises
    ------
    UsageError
        If the corrected find could not be one, or would say nothing else than it does.
    """
    keeps_items = command.items is None and not command.negative_search
    asked = RecordFind(
        id=command.id,
        place=command.place or find.place,
        method=command.method or find.method,
        found_at=command.found_at,
        place_ref=_told(find.place_ref, command.place_ref, cleared="place_ref" in command.clear),
        route=_told(find.route, command.route, cleared="route" in command.clear),
        incident=find.incident,
        negative_search=_is_negative(find, command),
        items=find.items if keeps_items else command.items or (),
        finder_role=_told(
            find.finder_role, command.finder_role, cleared="finder_role" in command.clear
        ),
        note=_told(find.note, command.note, cleared="note" in command.clear),
    )
    site = SiteSection(name=find.site, mode=find.mode, latitude_deg=0, longitude_deg=0)
    made = make_find(site, asked, now_ns)
    same = replace(
        find,
        found_at_ns=find.found_at_ns if command.found_at is None else made.found_at_ns,
        place=made.place,
        method=made.method,
        place_ref=made.place_ref,
        route=made.route,
        negative_search=made.negative_search,
        items=made.items,
        finder_role=made.finder_role,
        note=made.note,
    )
    if same == find:
        raise UsageError(f"{find.find} says so already; tell what is to be another")
    return replace(
        same,
        id=made.id,
        time_ns=now_ns,
        version=find.version + 1,
        supersedes=find.id,
        corrected_by=command.by,
        reason=command.reason,
    )


def _is_negative(find: Find, command: CorrectFind) -> bool:
    """Items that were found after all make an end of a negative search."""
    if command.negative_search is not None:
        return command.negative_search
    return find.negative_search and not command.items


def _told(before: str | None, now: str | None, *, cleared: bool) -> str | None:
    return now if now is not None else None if cleared else before
