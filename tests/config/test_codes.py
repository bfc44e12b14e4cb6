from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest

from havik.config.codes import FOLDER, Code, Codes, codes

# The lists as the domain paper gives them (2.1 and 2.2); a code joins here when it joins there.
CATEGORIES = {
    "drugs": "cannabis cocaine heroin amphetamine mdma ghb ketamine benzo synth_cannabinoid"
    " methadone_bupr nps_other unknown",
    "medicine": "",
    "phone": "smart mini feature",
    "sim": "",
    "comms_accessory": "",
    "data_carrier": "usb sd disk laptop_tablet watch",
    "weapon": "firearm ammunition blade improvised spray explosive",
    "escape_tool": "saw rope cutter",
    "alcohol": "bottled hooch",
    "tobacco": "tobacco vape lighter",
    "money": "cash card",
    "drone": "aircraft part line_hook battery",
    "package_unopened": "",
    "other": "",
}
PLACES = (
    "cell intake visit visitor_entrance staff_entrance yard facade_window perimeter_inside"
    " perimeter_outside roof_net mail_parcels workshop corridor_common kitchen_store vehicle"
    " transport hospital_medical other"
)
METHODS = (
    "cell_inspection body_search strip_search import_control wtmd handheld_md xray_baggage"
    " body_scanner trace_detector spectro_id phone_detector dog drone_alarm_search yard_inspection"
    " fence_alarm camera staff_observation tip_intel search_action other"
)
ROUTES = (
    "drone throw_over visit mail_goods intake_person leave_return staff contractor made_inside"
    " unknown"
)
LISTS = ("categories", "places", "methods", "routes")


def every_code(lists: Codes) -> Iterator[tuple[str, Code]]:
    for table in (lists.categories, lists.places, lists.methods, lists.routes):
        for name, code in table.items():
            yield name, code
            yield from code.subs.items()


def test_the_lists_hold_what_the_domain_asks_for() -> None:
    lists = codes()
    subs = {name: set(code.subs) for name, code in lists.categories.items()}
    assert subs == {name: set(wanted.split()) for name, wanted in CATEGORIES.items()}
    assert set(lists.places) == set(PLACES.split())
    assert set(lists.methods) == set(METHODS.split())
    assert set(lists.routes) == set(ROUTES.split())


def test_every_code_can_stand_in_a_command_and_has_two_labels() -> None:
    for name, code in every_code(codes()):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name), name
        for label in (code.label("nl"), code.label("en")):
            assert label == label.strip() != "", name


@pytest.mark.parametrize("name", LISTS)
def test_labels_tell_the_codes_of_a_list_apart(name: str) -> None:
    table: dict[str, Code] = getattr(codes(), name)
    for siblings in (table, *(code.subs for code in table.values())):
        for language in ("nl", "en"):
            labels = [code.label(language) for code in siblings.values()]
            assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_names_its_source(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    assert "# Source: " in text
    assert set(tomllib.loads(text)) == set(getattr(codes(), name))


def test_the_lists_are_read_once() -> None:
    assert codes() is codes()
