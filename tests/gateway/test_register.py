from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.config.codes import codes
from havik.gateway.errors import UsageError
from havik.gateway.messages import FindItem
from havik.gateway.register import COLUMNS, Register, add_row, read_rows, version_of

NOW_NS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 10**9
GOOD = {
    "site": "noord",
    "find_ref": "2021-0007",
    "found_at": "2021-03-02T09:10:00+01:00",
    "place": "cell",
    "method": "cell_inspection",
    "category": "drugs/cannabis",
    "quantity": "1",
    "unit": "package",
    "weight_g": "4.5",
    "negative_search": "",
}
NEGATIVE = GOOD | {"find_ref": "n", "category": "", "quantity": "", "unit": "", "weight_g": ""} | {
    "negative_search": "true"
}  # fmt: skip


def register(*rows: dict[str, str], delimiter: str = ",", bom: str = "") -> Register:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in rows)
    made = Register()
    for number, row in read_rows((bom + text.getvalue()).splitlines(keepends=True)):
        add_row(made, number, row, "live", NOW_NS)
    return made


def test_rows_of_one_reference_are_one_find_wherever_they_stand() -> None:
    phone = GOOD | {"category": "phone", "quantity": "2", "unit": "", "weight_g": ""}
    made = register(GOOD, GOOD | {"find_ref": "other"}, phone, GOOD | {"site": "zuid"})
    assert (made.rows, made.refused, len(made.finds)) == (4, [], 3)
    first = made.finds["noord", "2021-0007"]
    assert first.found_at_ns == int(datetime(2021, 3, 2, 8, 10, tzinfo=UTC).timestamp()) * 10**9
    assert first.items == (
        FindItem(
            category="drugs", sub="cannabis", quantity=1, unit="package", weight_g=4.5,
            weight_basis="gross_with_packaging",
        ),
        FindItem(category="phone", quantity=2),
    )  # fmt: skip
    assert (first.mode, first.register_ref) == ("live", "2021-0007")
    assert len({find.find for find in made.finds.values()}) == 3


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_spreadsheets_of_either_kind_are_read(delimiter: str, bom: str) -> None:
    (find,) = register(GOOD, delimiter=delimiter, bom=bom).finds.values()
    (plain,) = register(GOOD).finds.values()
    assert replace(find, id="") == replace(plain, id="")


def test_a_search_that_found_nothing_is_a_find_without_items() -> None:
    (find,) = register(NEGATIVE).finds.values()
    assert (find.negative_search, find.items) == (True, ())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"place": "jard"}, "place: no code `jard`; did you mean yard?"),
        ({"category": "drug"}, "category: no code `drug`; did you mean drugs?"),
        ({"category": "drugs/sugar"}, "sub of drugs"),
        ({"category": ""}, "category: it is empty"),
        ({"quantity": "-1"}, "quantity: -1.0 is not above 0"),
        ({"quantity": "nan"}, "quantity: nan is not above 0"),
        ({"quantity": "two"}, "quantity: no number"),
        ({"weight_g": "4,5"}, "weight_g: decimals have a point, as 4.5"),
        ({"weight_g": "-4"}, "weight_g: -4.0 is not above 0"),
        ({"unit": "kg"}, "unit: kg is a weight; give weight_g, in grams"),
        ({"found_at": "2021-03-02 09:10"}, "no offset from UTC"),
        ({"found_at": "yesterday"}, "is no moment"),
        ({"found_at": ""}, "found_at: it is empty"),
        ({"found_at": "2031-03-02T09:10:00+01:00"}, "lies in the future"),
        ({"find_ref": "Jan Jansen"}, "find_ref: at most 64 letters"),
        ({"find_ref": ""}, "find_ref: it is empty"),
        ({"site": "a/b"}, "site: at most 64"),
        ({"negative_search": "maybe"}, "neither true nor false"),
        ({"negative_search": "ja"}, "a negative search found nothing"),
        ({"place": "x" * 5000}, "characters are too many"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_alone_with_its_number_and_the_remedy(
    change: dict[str, str], says: str
) -> None:
    made = register(GOOD, GOOD | {"find_ref": "bad"} | change, GOOD | {"find_ref": "good"})
    assert [one.row for one in made.refused] == [3]
    assert says in made.refused[0].reason
    assert "\n" not in made.refused[0].reason
    assert [reference for _, reference in made.finds] == ["2021-0007", "good"]


def test_rows_of_one_find_must_agree() -> None:
    made = register(GOOD, GOOD | {"place": "yard"}, GOOD, NEGATIVE, NEGATIVE)
    assert [(one.row, one.reason.partition(":")[0]) for one in made.refused] == [
        (3, "place"),
        (6, "negative_search"),
    ]
    assert len(made.finds["noord", "2021-0007"].items) == 2


def test_a_row_of_the_wrong_width_is_refused_and_an_empty_one_passed_over() -> None:
    lines = [",".join(COLUMNS) + "\n", "noord,2021\n", "\n", ",".join(GOOD.values()) + "\n"]
    made = Register()
    for number, row in read_rows(lines):
        add_row(made, number, row, "live", NOW_NS)
    assert [(one.row, "2 cells" in one.reason) for one in made.refused] == [(2, True)]
    assert len(made.finds) == 1


@pytest.mark.parametrize(
    "header", ["", "\n", "site,find_ref\n", ",".join((*COLUMNS, "name")) + "\n", "\x00\x00"]
)
def test_a_file_without_a_registers_header_is_refused(header: str) -> None:
    with pytest.raises(UsageError, match=r"^row 1: .*"):
        list(read_rows([header, "x\n"]))


def test_a_quote_that_does_not_end_is_no_csv() -> None:
    with pytest.raises(UsageError, match="no CSV"):
        list(read_rows([",".join(COLUMNS) + "\n", 'noord,"2021\n']))


def test_the_same_rows_make_the_same_record_and_changed_ones_the_next_version() -> None:
    (first,) = register(GOOD).finds.values()
    (again,) = register(GOOD).finds.values()
    record, twin = version_of(first, None), version_of(again, None)
    assert record is not None
    assert twin is not None
    assert (record.id, record.find, record.version) == (twin.id, twin.find, 1)
    assert version_of(again, record) is None
    (changed,) = register(GOOD | {"weight_g": "5"}).finds.values()
    following = version_of(changed, record)
    assert following is not None
    assert (following.find, following.version) == (record.find, 2)
    assert following.id != record.id


def test_a_register_undoes_no_link_and_no_correction() -> None:
    (find,) = register(GOOD).finds.values()
    record = version_of(find, None)
    assert record is not None
    linked = replace(
        record, id="2", version=2, incident="flight-1", supersedes=record.id, corrected_by="biv-1"
    )
    assert version_of(find, linked) is None
    (changed,) = register(GOOD | {"weight_g": "5"}).finds.values()
    following = version_of(changed, linked)
    assert following is not None
    assert (following.version, following.incident, following.supersedes) == (3, "flight-1", "2")
    corrected = replace(linked, id="3", version=3, reason="misread")
    assert version_of(find, corrected) is None
    assert version_of(changed, corrected) is None


@given(
    categories=st.lists(st.sampled_from(sorted(codes().categories)), min_size=1, max_size=5),
    place=st.sampled_from(sorted(codes().places)),
    quantity=st.integers(1, 10**6),
    weight_g=st.one_of(st.none(), st.floats(0.1, 1e6)),
)
def test_what_a_register_says_is_what_the_find_says(
    categories: list[str], place: str, quantity: int, weight_g: float | None
) -> None:
    rows = [
        GOOD
        | {"category": code, "place": place, "quantity": str(quantity)}
        | {"weight_g": "" if weight_g is None else repr(weight_g)}
        for code in categories
    ]
    (find,) = register(*rows).finds.values()
    assert find.place == place
    assert [item.category for item in find.items] == categories
    assert {(item.quantity, item.weight_g) for item in find.items} == {(quantity, weight_g)}


@given(st.text(max_size=200))
def test_no_text_of_a_row_raises_anything_but_its_refusal(text: str) -> None:
    for column in COLUMNS:
        made = Register()
        add_row(made, 2, GOOD | {column: text}, "live", NOW_NS)
        assert len(made.finds) + len(made.refused) == 1
