from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Literal

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from havik.gateway.contract import schemas
from havik.gateway.errors import UsageError
from havik.gateway.messages import Custody, Find, FindItem
from havik.gateway.notice import Notice, make_notice
from havik.gateway.notice_paper import draw_notice

FOUND_NS = 1_793_919_480 * 10**9  # 2026-11-05 22:58 UTC: date -u -d @1793919480
NOW_NS = FOUND_NS + 86_400 * 10**9
FIND = Find(
    id="1", site="noord", time_ns=FOUND_NS, mode="live", find="f-1", found_at_ns=FOUND_NS,
    place="yard", method="dog", place_ref="yard-b", route="drone", finder_role="patrol",
    items=(
        FindItem(category="phone", sub="mini", quantity=2, seal="AA1"),
        FindItem(
            category="drugs", sub="cannabis", unit="package", weight_g=48.5,
            weight_basis="gross_with_packaging", seal="AA2",
        ),
        FindItem(category="money", sub="cash", quantity=70.5, unit="eur"),
    ),
)  # fmt: skip


def step(giver: str, receiver: str, hours: int, seal: str) -> Custody:
    at_ns = FOUND_NS + hours * 3600 * 10**9
    return Custody(
        id="s", site="noord", time_ns=at_ns, find="f-1", giver=giver, receiver=receiver, item=1,
        handed_at_ns=at_ns, seal=seal,
    )  # fmt: skip


STEPS = (step("patrol-7", "store-1", 1, "AA1"), step("store-2", "police-3", 2, "AA1"))


def test_each_object_has_its_own_number_description_count_and_weight() -> None:
    notice = make_notice(FIND, STEPS, "nl", NOW_NS)
    phone, drugs, money = notice.objects
    assert [one.number for one in notice.objects] == ["f-1/1", "f-1/2", "f-1/3"]
    assert (phone.description, phone.quantity, phone.seal) == ("telefoon, minitelefoon", 2, "AA1")
    assert (drugs.weight_g, drugs.weight_basis, drugs.presumptive) == (
        48.5, "gross_with_packaging", True,
    )  # fmt: skip
    assert (money.amount_eur, money.presumptive, phone.amount_eur) == (70.5, False, None)
    assert notice.seized_at == "2026-11-05T23:58:00+01:00"  # winter in the Netherlands
    assert (notice.place, notice.ground) == ("luchtplaats", "art. 94 Sv")
    assert "drone" not in notice.reason  # an assessment is no ground
    (gap,) = notice.gaps
    assert (gap.handover, gap.number, gap.kind) == (2, "f-1/1", "giver")


def test_nothing_gives_no_notice() -> None:
    with pytest.raises(UsageError, match="nothing was found"):
        make_notice(replace(FIND, items=(), negative_search=True), (), "nl", NOW_NS)


def test_it_is_what_its_schema_says() -> None:
    told = json.loads(msgspec.json.encode(make_notice(FIND, STEPS, "en", NOW_NS)))
    jsonschema.validate(told, json.loads(json.dumps(schemas()["Notice"])))
    assert told["schema"] == "havik.notice/1"


def words_of(notice: Notice, file: Path, language: Literal["nl", "en"]) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine: install poppler-utils to run this test")
    draw_notice(notice, file, language)
    read = subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True)
    return " ".join(read.stdout.decode().split())


def test_the_paper_says_it_and_has_room_to_sign(tmp_path: Path) -> None:
    text = words_of(make_notice(FIND, STEPS, "nl", NOW_NS), tmp_path / "n.pdf", "nl")
    for told in (
        "Kennisgeving van inbeslagneming", "2026-11-05T23:58:00+01:00", "luchtplaats yard-b",
        "art. 94 Sv", "telefoon, minitelefoon", "2 stuks", "48.5 g bruto", "70.50", "AA2",
        "vermoedelijk", "police-3", "GAT in de keten, overdracht 2, f-1/1", "Handtekening",
        "Overgedragen door", "Overgenomen door",
    ):  # fmt: skip
        assert told in text
    assert "OEFENING" not in text.upper()


def test_a_hundred_lines_and_an_exercise_are_told_on_every_page(tmp_path: Path) -> None:
    many = replace(FIND, items=FIND.items * 33, mode="exercise")
    text = words_of(make_notice(many, (), "en", NOW_NS), tmp_path / "n.pdf", "en")
    assert "NO REAL SEIZURE: exercise" in text
    assert "f-1/99" in text.replace(" ", "") and "page 3" in text
    assert "no handover is recorded" in text


def test_markup_in_a_record_is_no_markup(tmp_path: Path) -> None:
    odd = replace(STEPS[0], condition="<b>torn & <wet")
    text = words_of(make_notice(FIND, (odd,), "en", NOW_NS), tmp_path / "n.pdf", "en")
    assert "<b>torn &" in text
