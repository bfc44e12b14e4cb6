from __future__ import annotations

from typing import Any, Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.config.codes import codes
from havik.config.settings import SiteSection
from havik.gateway.commands import RecordFind
from havik.gateway.errors import UsageError
from havik.gateway.finds import in_words, item_text, make_find, parse_item
from havik.gateway.messages import Find, FindItem, decode_recorded, encode

SITE = SiteSection(name="noord", latitude_deg=54, longitude_deg=4, mode="exercise")
# 2026-11-06T00:12:03Z: `date -u -d 2026-11-06T00:12:03Z +%s`
NOW_NS = 1_793_923_923 * 10**9
PHONE = FindItem(category="phone", sub="smart", quantity=2)


def made(**values: object) -> Find:
    plain: dict[str, object] = {"place": "yard", "method": "dog", "items": (PHONE,)}
    return make_find(SITE, RecordFind(id="c1", **cast(Any, plain | values)), NOW_NS)


def test_a_find_holds_what_was_told() -> None:
    find = made(
        place_ref="yard-b", route="drone", incident="i1", finder_role="patrol", note="in the net"
    )
    assert (find.site, find.mode, find.time_ns, find.version) == ("noord", "exercise", NOW_NS, 1)
    assert (find.place, find.method, find.place_ref, find.route) == (
        "yard", "dog", "yard-b", "drone",
    )  # fmt: skip
    assert (find.incident, find.finder_role, find.note) == ("i1", "patrol", "in the net")
    assert find.items == (PHONE,)
    assert find.found_at_ns == NOW_NS
    assert find.id != find.find
    assert decode_recorded(encode(find)) == find


MOMENTS = {
    # `date -u -d ... +%s` of each
    "2026-11-05T23:58:20+01:00": 1_793_919_500 * 10**9,
    "2026-11-05T22:58:20Z": 1_793_919_500 * 10**9,
    "2026-11-05 22:58:20.25+00:00": 1_793_919_500 * 10**9 + 250_000_000,
    "2026-11-06T00:17:03Z": NOW_NS + 300 * 10**9,  # five minutes ahead, no more
}


@pytest.mark.parametrize("text", MOMENTS)
def test_found_at_is_a_moment(text: str) -> None:
    assert made(found_at=text).found_at_ns == MOMENTS[text]


def test_a_search_that_found_nothing() -> None:
    find = made(items=(), negative_search=True)
    assert find.negative_search
    assert find.items == ()


@pytest.mark.parametrize(
    ("item", "basis"),
    [
        (FindItem(category="drugs", weight_g=48.5), "gross_with_packaging"),
        (FindItem(category="drugs", weight_g=48.5, weight_basis="net"), "net"),
        (FindItem(category="drugs"), None),
    ],
)
def test_a_weight_without_a_word_is_gross(item: FindItem, basis: str | None) -> None:
    assert made(items=(item,)).items[0].weight_basis == basis


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "unknown place": ({"place": "yrad"}, "place: no code `yrad`; did you mean yard?"),
    "place with none near": ({"place": "xxxx"}, "place: no code `xxxx`; there are cell, intake,"),
    "unknown method": ({"method": "dogs"}, "method: no code `dogs`; did you mean dog?"),
    "unknown route": ({"route": "drones"}, "route: no code `drones`; did you mean drone?"),
    "unknown category": (
        {"items": (FindItem(category="phones"),)},
        "item 1, category: no code `phones`; did you mean phone?",
    ),
    "sub of another category": (
        {"items": (PHONE, FindItem(category="phone", sub="usb"))},
        "item 2, sub of phone: no code `usb`; there are smart, mini, feature",
    ),
    "sub where there is none": (
        {"items": (FindItem(category="sim", sub="micro"),)},
        "item 1, sub of sim: no code `micro`; leave it out",
    ),
    "nothing found and nothing said": ({"items": ()}, "items: say what was found"),
    "negative search with items": ({"negative_search": True}, "items: a negative search found"),
    "too many lines": ({"items": (PHONE,) * 101}, "items: 101 are too many; at most 100 a find"),
    "weight of nothing": (
        {"items": (FindItem(category="drugs", weight_g=0.0),)},
        "item 1, weight_g: 0.0 is not above 0",
    ),
    "weight that is no number": (
        {"items": (FindItem(category="drugs", weight_g=float("nan")),)},
        "item 1, weight_g: nan is not above 0",
    ),
    "infinite weight": (
        {"items": (FindItem(category="drugs", weight_g=float("inf")),)},
        "item 1, weight_g: inf is not above 0",
    ),
    "quantity that is no number": (
        {"items": (FindItem(category="drugs", quantity=float("nan")),)},
        "item 1, quantity: nan is not above 0",
    ),
    "a unit of weight": (
        {"items": (FindItem(category="drugs", quantity=2, unit="gnet"),)},
        "item 1, unit: gnet is a weight; give weight_g, in grams",
    ),
    "a weight without a unit": (
        {"items": (FindItem(category="drugs", quantity=48.5),)},
        "item 1, quantity: 48.5 is no number of pieces; a weight has its unit, as 48.5g",
    ),
    "a unit that is prose": (
        {"items": (FindItem(category="drugs", unit="in his bag"),)},
        "items[0].unit: at most 16 small letters",
    ),
    "basis without a weight": (
        {"items": (FindItem(category="drugs", weight_basis="net"),)},
        "item 1, weight_basis: there is no weight_g",
    ),
    "no moment": ({"found_at": "yesterday"}, "found_at: `yesterday` is no moment; write it as 20"),
    "no offset": ({"found_at": "2026-11-05T23:58"}, "found_at: `2026-11-05T23:58` has no offset"),
    "a date alone": ({"found_at": "2026-11-05"}, "found_at: `2026-11-05` has no offset"),
    "six minutes ahead": (
        {"found_at": "2026-11-06T00:18:04Z"},
        "found_at: `2026-11-06T00:18:04Z` lies in the future",
    ),
    "a year mistyped": ({"found_at": "0206-11-05T23:58Z"}, "found_at: `0206-11-05T23:58Z` lies be"),
    "a name for a place": ({"place_ref": "wing 3"}, "place_ref: at most 64 letters, digits"),
    "a name for a role": ({"finder_role": "J. Smit"}, "finder_role: at most 64 letters, digits"),
    "a long story": ({"note": "x" * 201}, "note: expected `str` of length <= 200"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_in_one_line(name: str) -> None:
    values, told = REFUSED[name]
    with pytest.raises(UsageError) as refusal:
        made(**values)
    line = str(refusal.value)
    assert line.startswith(told)
    assert line.isprintable()


@given(st.text())
def test_any_moment_is_taken_or_refused(text: str) -> None:
    try:
        assert 0 <= made(found_at=text).found_at_ns <= NOW_NS + 300 * 10**9
    except UsageError as refusal:
        assert str(refusal).isprintable()


def test_the_longest_note_and_the_last_line_are_taken() -> None:
    find = made(note="x" * 200, items=(PHONE,) * 100)
    assert len(find.items) == 100


ITEMS = {
    "phone": FindItem(category="phone"),
    "phone/mini:2": FindItem(category="phone", sub="mini", quantity=2),
    "drugs/cannabis:1package:48.5g": FindItem(
        category="drugs", sub="cannabis", unit="package", weight_g=48.5,
        weight_basis="gross_with_packaging",
    ),
    "drugs:3gnet#AA123456": FindItem(
        category="drugs", weight_g=3, weight_basis="net", seal="AA123456"
    ),
    "tobacco:0.5package": FindItem(category="tobacco", quantity=0.5, unit="package"),
    "sim:4#a:b": FindItem(category="sim", quantity=4, seal="a:b"),
}  # fmt: skip


@pytest.mark.parametrize("text", ITEMS)
def test_a_line_of_a_find(text: str) -> None:
    assert parse_item(text) == ITEMS[text]


@pytest.mark.parametrize(
    "text",
    ["", "phone:", "phone/", "/mini", "phone/mini/2", "PHONE", "phone:0", "phone:-1", "phone:1e3",
     "phone:2:", "phone:2:3", "phone:2:3:4g", "phone:2g:3", "drugs:48,5g", "drugs:2kg", "drugs:nan",
     "drugs:inf", "drugs:1:0g", "drugs:1:nang", "drugs#", "drugs#a b", "phne", "phone/usb",
     "phone:2\n", " phone", "phone:٣", "drugs:" + "9" * 400],
)  # fmt: skip
def test_a_line_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_item(text)
    assert str(refusal.value).isprintable()


SUBS = [(name, sub) for name, code in codes().categories.items() for sub in (None, *code.subs)]
NET: Literal["net"] = "net"
GROSS: Literal["gross_with_packaging"] = "gross_with_packaging"
amounts = st.floats(min_value=1e-9, max_value=1e12, allow_nan=False)


@st.composite
def complete_items(draw: st.DrawFn) -> FindItem:
    category, sub = draw(st.sampled_from(SUBS))
    weight = draw(st.none() | amounts)
    unit = draw(st.sampled_from(["pcs", "package", "strip", "box"]))
    whole = st.integers(1, 10**12).map(float)  # half a piece is none
    return FindItem(
        category=category,
        sub=sub,
        quantity=draw(whole if unit == "pcs" else amounts),
        unit=unit,
        weight_g=weight,
        weight_basis=None if weight is None else draw(st.sampled_from([NET, GROSS])),
        seal=draw(st.none() | st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True)),
    )  # fmt: skip


@given(complete_items())
def test_a_line_reads_back_as_the_item(item: FindItem) -> None:
    assert parse_item(item_text(item)) == item


def test_a_find_in_words() -> None:
    items = (
        parse_item("phone/mini:2"),
        parse_item("drugs/cocaine:1package:48.5gnet#AA1"),
        parse_item("tobacco:250g"),
    )
    find = made(items=items, place_ref="yard-b", method="drone_alarm_search", route="drone")
    assert in_words(find) == (
        "2 phone (mini phone), 1 package drugs (cocaine, 48.5 g net, seal AA1), "
        "1 tobacco (250 g gross); yard yard-b; search after a drone alarm; assessed route: drone"
    )
    assert in_words(find, "nl") == (
        "2 telefoon (minitelefoon), 1 package drugs (cocaïne, 48.5 g netto, zegel AA1), "
        "1 rookwaar (250 g bruto); luchtplaats yard-b; zoeking na dronealarm; "
        "vermoedelijke route: drone"
    )


def test_a_search_that_found_nothing_in_words() -> None:
    find = made(items=(), negative_search=True)
    assert in_words(find) == "nothing found; yard; dog"
    assert in_words(find, "nl") == "niets gevonden; luchtplaats; hond"


def test_a_code_of_another_version_stands_for_itself() -> None:
    old = Find(
        id="i", site="noord", time_ns=1, find="f", found_at_ns=1, place="gone", method="lost",
        route="away", items=(FindItem(category="what", sub="ever"),),
    )  # fmt: skip
    assert in_words(old) == "1 what (ever); gone; lost; assessed route: away"
