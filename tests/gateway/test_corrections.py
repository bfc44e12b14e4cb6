from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from havik.gateway.commands import CorrectFind
from havik.gateway.corrections import corrected
from havik.gateway.errors import UsageError
from havik.gateway.messages import Find, FindItem

FOUND_NS = 1_793_919_480 * 10**9  # date -u -d 2026-11-05T22:58Z +%s
NOW_NS = FOUND_NS + 3600 * 10**9
PHONE = FindItem(category="phone", quantity=2)
FIND = Find(
    id="1", site="noord", time_ns=FOUND_NS, mode="test", find="f", found_at_ns=FOUND_NS,
    place="yard", method="dog", place_ref="yard-b", route="drone", incident="i", items=(PHONE,),
    finder_role="patrol", register_ref="r-1", note="in the net",
)  # fmt: skip


def correct(find: Find = FIND, **fields: Any) -> Find:
    return corrected(
        find, CorrectFind(id="c", find="f", reason="misread", by="lead", **fields), NOW_NS
    )


def test_what_is_not_told_stays_and_the_reason_is_kept() -> None:
    after = correct(place="cell")
    assert after.id not in ("", FIND.id)
    assert after == replace(
        FIND, id=after.id, time_ns=NOW_NS, version=2, place="cell", supersedes="1",
        corrected_by="lead", reason="misread",
    )  # fmt: skip


def test_a_correction_is_corrected_in_turn() -> None:
    first = correct(note="on the net")
    second = correct(first, clear=("note", "route", "place_ref", "finder_role"))
    assert (second.version, second.supersedes) == (3, first.id)
    told = (second.note, second.route, second.place_ref, second.finder_role)
    assert told == (None, None, None, None)
    assert second.items == (PHONE,)


def test_a_find_becomes_a_negative_search_and_back() -> None:
    nothing = correct(negative_search=True)
    assert (nothing.negative_search, nothing.items) == (True, ())
    something = correct(nothing, items=(FindItem(category="sim"),))
    assert (something.negative_search, something.items[0].category) == (False, "sim")


def test_the_moment_moves_into_another_year() -> None:
    moved = correct(found_at="2025-12-31T23:59:59+01:00")
    assert moved.found_at_ns == 1_767_221_999 * 10**9  # date -u -d 2025-12-31T22:59:59Z +%s
    assert moved.time_ns == NOW_NS


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "f says so already; tell what is to be another"),
        ({"place": "yard"}, "f says so already"),
        ({"place": "moon"}, "place: no code `moon`"),
        ({"items": (FindItem(category="fone"),)}, "item 1, category: no code `fone`"),
        ({"items": (FindItem(category="drugs", quantity=-1.0),)}, "item 1, quantity: -1.0 is not"),
        ({"items": ()}, "items: say what was found"),
        ({"negative_search": True, "items": (PHONE,)}, "items: a negative search found nothing"),
        (
            {"found_at": "2026-11-06T03:00+01:00"},
            "found_at: `2026-11-06T03:00+01:00` lies",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as refusal:
        correct(**fields)
    assert str(refusal.value).startswith(told) and str(refusal.value).isprintable()
