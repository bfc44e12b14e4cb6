from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from havik.gateway.commands import HandOver
from havik.gateway.custody import gaps, make_custody
from havik.gateway.errors import UsageError
from havik.gateway.messages import Custody, Find, FindItem

FOUND_NS = 1_793_919_480 * 10**9  # 2026-11-05 22:58 UTC: date -u -d @1793919480
HOUR_NS = 3600 * 10**9
NOW_NS = FOUND_NS + 240 * HOUR_NS
FIND = Find(
    id="1", site="noord", time_ns=FOUND_NS, mode="test", find="f", found_at_ns=FOUND_NS,
    place="yard", method="dog",
    items=(FindItem(category="phone", seal="AA1"), FindItem(category="drugs", seal="AA2")),
)  # fmt: skip


def hand_over(*steps: Custody, **fields: Any) -> Custody:
    given: dict[str, Any] = {"giver": "patrol-7", "receiver": "store-1", **fields}
    return make_custody(FIND, steps, HandOver(id="c", find="f", **given), NOW_NS)


def step(giver: str, receiver: str, hours: float, **fields: Any) -> Custody:
    at_ns = FOUND_NS + round(hours * HOUR_NS)
    return Custody(
        id="s", site="noord", time_ns=at_ns, find="f", giver=giver, receiver=receiver,
        handed_at_ns=at_ns, **fields,
    )  # fmt: skip


def test_a_handover_holds_both_sides() -> None:
    made = hand_over(
        item=1, handed_at="2026-11-06T00:20+01:00", seal="AA1", condition="dry", place_ref="gate",
    )  # fmt: skip
    assert (made.find, made.site, made.mode, made.item) == ("f", "noord", "test", 1)
    assert (made.giver, made.receiver, made.seal, made.seal_intact) == (
        "patrol-7", "store-1", "AA1", True,
    )  # fmt: skip
    assert made.handed_at_ns == 1_793_920_800 * 10**9  # date -u -d 2026-11-05T23:20Z +%s
    assert made.time_ns == NOW_NS
    assert hand_over().handed_at_ns == NOW_NS


LATER = step("patrol-7", "store-1", 5, item=1)
REFUSED: dict[str, tuple[tuple[Custody, ...], dict[str, Any], str]] = {
    "backdated": (
        (LATER,),
        {"handed_at": "2026-11-06T03:57:59Z", "item": 1},
        "handed_at: 2026-11-06T03:57:59Z lies before the last handover; a custody step is not",
    ),
    "backdated with all": ((LATER,), {"handed_at": "2026-11-06T03:57:59Z"}, "handed_at: 2026"),
    "before the find": ((), {"handed_at": "2026-11-05T22:57:59Z"}, "handed_at: 2026-11-05T"),
    "in the future": ((), {"handed_at": "2026-11-16T00:00Z"}, "handed_at: 2026-11-16T00:00Z lies"),
    "no offset": ((), {"handed_at": "2026-11-06T03:57"}, "handed_at: `2026-11-06T03:57` has"),
    "to oneself": ((), {"receiver": "patrol-7"}, "receiver: who gives and who takes are two"),
    "no such line": ((), {"item": 3}, "item: the find has 2 lines"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_one_line(case: str) -> None:
    steps, fields, told = REFUSED[case]
    with pytest.raises(UsageError) as refusal:
        hand_over(*steps, **fields)
    assert str(refusal.value).startswith(told) and str(refusal.value).isprintable()


def test_at_the_same_moment_or_of_another_line_is_not_backdated() -> None:
    assert hand_over(LATER, handed_at="2026-11-06T03:58:00Z", item=1)
    assert hand_over(LATER, handed_at="2026-11-06T03:57:59Z", item=2)


def test_nothing_is_not_handed_over() -> None:
    nothing = replace(FIND, items=(), negative_search=True)
    command = HandOver(id="c", find="f", giver="a", receiver="b")
    with pytest.raises(UsageError, match="nothing was found"):
        make_custody(nothing, (), command, NOW_NS)


CHAINS: dict[str, tuple[list[Custody], list[tuple[int, int, str]]]] = {
    "none": ([], []),
    "whole": (
        [
            step("patrol-7", "store-1", 1, item=1, seal="AA1"),
            step("patrol-7", "store-1", 1, item=2, seal="AA2"),
            step("store-1", "police-3", 40, item=2, seal="AA2"),
        ],
        [],
    ),
    "given by another": (
        [step("a", "b", 1, item=1, seal="AA1"), step("c", "d", 2, item=1, seal="AA1")],
        [(2, 1, "giver")],
    ),
    "each line has its own chain": (
        [step("a", "b", 1, item=1, seal="AA1"), step("c", "d", 2, item=2, seal="AA2")],
        [],
    ),
    "time runs back": (
        [step("a", "b", 2, item=1, seal="AA1"), step("b", "c", 1, item=1, seal="AA1")],
        [(2, 1, "time")],
    ),
    "before the find": ([step("a", "b", -1, item=1, seal="AA1")], [(1, 1, "time")]),
    "another seal": ([step("a", "b", 1, item=1, seal="AA9")], [(1, 1, "seal")]),
    "another seal, and why": (
        [
            step("a", "b", 1, item=1, seal="AA9", reason="opened to weigh"),
            step("b", "c", 2, item=1, seal="AA9"),
        ],
        [],
    ),
    "no seal told": ([step("a", "b", 1, item=1)], [(1, 1, "seal")]),
    "both in one bag without a word": (
        [step("a", "b", 1, seal="AA5")],
        [(1, 1, "seal"), (1, 2, "seal")],
    ),
    "a broken seal stays a gap": (
        [step("a", "b", 1, item=1, seal="AA1", seal_intact=False, reason="torn")],
        [(1, 1, "broken")],
    ),
    "a line that was corrected away": ([step("a", "b", 1, item=7, seal="X")], []),
}


@pytest.mark.parametrize("case", CHAINS)
def test_gaps_are_found(case: str) -> None:
    steps, expected = CHAINS[case]
    found = gaps(FIND, steps)
    assert [(gap.handover, gap.item, gap.kind) for gap in found] == expected
    assert all(gap.text.isprintable() for gap in found)
