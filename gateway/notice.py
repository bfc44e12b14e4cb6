"""The notice of seizure (kennisgeving van inbeslagneming, KvI) as data.

What it must hold, after art. 94 of the Dutch code of criminal procedure and the public
prosecution's practice: the date of seizure, each object with a number of its own and a clear
description, counts and weights, ground and category, and a short reason. One notice is about one
person at most, whose name stands on the signed paper alone: here are opaque references.

What a sensor or an officer calls a drug is presumptive until a laboratory has confirmed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from ..config.codes import Language, codes
from .custody import gaps
from .errors import UsageError
from .finds import in_words
from .messages import Custody, Find, FindItem, Mode

ZONE = ZoneInfo("Europe/Amsterdam")
PRESUMPTIVE = ("drugs", "medicine")
"""Categories of which only a laboratory is sure."""


class NoticeObject(msgspec.Struct, frozen=True, kw_only=True):
    """One object that was seized."""

    number: str  # the find's name and the line: no other object has it
    description: str
    category: str
    sub: str | None
    quantity: float
    unit: str
    weight_g: float | None
    weight_basis: Literal["net", "gross_with_packaging"] | None
    amount_eur: float | None  # to be filled in on the paper where it is money
    seal: str | None
    presumptive: bool


class NoticeHandover(msgspec.Struct, frozen=True, kw_only=True):
    """One handover of an object, as it was recorded."""

    handed_at: str
    item: int | None
    giver: str
    receiver: str
    seal: str | None
    seal_intact: bool
    condition: str | None
    reason: str | None


class NoticeGap(msgspec.Struct, frozen=True, kw_only=True):
    """Where the chain of custody does not hold."""

    handover: int  # counted from 1
    number: str  # of the object
    kind: Literal["giver", "time", "seal", "broken"]
    text: str


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="havik.notice/1"):
    """A find as the police takes it over; times are local, with their offset."""

    find: str
    version: int
    site: str
    mode: Mode
    made_at: str
    seized_at: str
    place: str
    place_ref: str | None
    method: str
    finder_role: str | None
    ground: str
    reason: str
    objects: tuple[NoticeObject, ...]
    custody: tuple[NoticeHandover, ...]
    gaps: tuple[NoticeGap, ...]


def make_notice(find: Find, steps: Sequence[Custody], language: Language, now_ns: int) -> Notice:
    """Make the notice of a find.

    Parameters
    ----------
    find : Find
        Its newest version.
    steps : sequence of Custody
        Its handovers.
    language : {"nl", "en"}
    now_ns : int
        The moment at which it is made (UTC).

    Raises
    ------
    UsageError
        If nothing was found.
    """
    if not find.items:
        raise UsageError(f"{find.find}: nothing was found, so there is nothing to give notice of")
    lists = codes()
    place, method = lists.places.get(find.place), lists.methods.get(find.method)
    return Notice(
        find=find.find,
        version=find.version,
        site=find.site,
        mode=find.mode,
        made_at=local(now_ns),
        seized_at=local(find.found_at_ns),
        place=find.place if place is None else place.label(language),
        place_ref=find.place_ref,
        method=find.method if method is None else method.label(language),
        finder_role=find.finder_role,
        ground="art. 94 Sv",
        reason=in_words(msgspec.structs.replace(find, route=None), language),  # facts alone
        objects=tuple(
            _object(f"{find.find}/{line}", item, language)
            for line, item in enumerate(find.items, 1)
        ),
        custody=tuple(_handover(step) for step in steps),
        gaps=tuple(
            NoticeGap(
                handover=gap.handover,
                number=f"{find.find}/{gap.item}",
                kind=gap.kind,
                text=gap.text,
            )
            for gap in gaps(find, steps)
        ),
    )


def local(time_ns: int) -> str:
    """A moment as the paper tells it: ISO 8601 to the second, in the Netherlands."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).astimezone(ZONE).isoformat()


def _object(number: str, item: FindItem, language: Language) -> NoticeObject:
    category = codes().categories.get(item.category)
    words = [item.category if category is None else category.label(language)]
    if item.sub is not None:
        sub = None if category is None else category.subs.get(item.sub)
        words.append(item.sub if sub is None else sub.label(language))
    return NoticeObject(
        number=number,
        description=", ".join(words),
        category=item.category,
        sub=item.sub,
        quantity=item.quantity,
        unit=item.unit,
        weight_g=item.weight_g,
        weight_basis=item.weight_basis,
        amount_eur=item.quantity if (item.category, item.unit) == ("money", "eur") else None,
        seal=item.seal,
        presumptive=item.category in PRESUMPTIVE,
    )


def _handover(step: Custody) -> NoticeHandover:
    return NoticeHandover(
        handed_at=local(step.handed_at_ns),
        item=step.item,
        giver=step.giver,
        receiver=step.receiver,
        seal=step.seal,
        seal_intact=step.seal_intact,
        condition=step.condition,
        reason=step.reason,
    )
