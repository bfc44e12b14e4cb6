from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict, cast

import jsonschema
import pytest

from havik.drivers.readings import Position
from havik.gateway.contract import asyncapi, documents, schemas
from havik.gateway.messages import Detection, Find, FindItem, Health, Incident, encode

DOCS = Path(__file__).parents[2] / "docs"


class Common(TypedDict):
    id: str
    site: str
    time_ns: int


COMMON: Common = {"id": "i", "site": "noord", "time_ns": 1}


def test_the_documents_are_current() -> None:
    for name, text in documents().items():
        assert (DOCS / name).read_bytes() == text, f"docs/{name} is old: run `make contract`"


def test_no_schema_is_left_over() -> None:
    written = {f"schemas/{file.name}" for file in (DOCS / "schemas").glob("*.json")}
    assert written == set(documents()) - {"asyncapi.json"}


MESSAGES = [
    Detection(**COMMON, sensor="s", kind="radio-emission", position=None, confidence=0.5),
    Incident(
        **COMMON, incident="x", version=1, state="alarm", contact=True, confidence=1,
        first_contact_ns=1, last_contact_ns=2, position=Position(latitude_deg=1, longitude_deg=2),
    ),
    Find(
        **COMMON, find="f", found_at_ns=1, place="yard", method="dog",
        items=(FindItem(category="phone"),),
    ),
    Health(**COMMON, sensor="s", state="online", since_ns=1, refused={"bad": 2}),
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_what_is_sent_is_what_the_schema_says(
    message: Detection | Incident | Find | Health,
) -> None:
    schema = json.loads(json.dumps(schemas()[type(message).__name__]))
    sent = json.loads(encode(message))
    jsonschema.validate(sent, schema)
    assert {"schema", "id", "site", "time_ns", "mode"} <= set(sent)
    del sent["time_ns"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(sent, schema)


def test_every_reference_of_the_description_leads_somewhere() -> None:
    document = json.loads(json.dumps(asyncapi()))

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            table = cast(dict[str, object], node)
            own = [str(table["$ref"])] if "$ref" in table else []
            return own + [ref for value in table.values() for ref in references(value)]
        items = cast(list[object], node) if isinstance(node, list) else []
        return [ref for item in items for ref in references(item)]

    found = references(document)
    assert found
    for reference in found:
        if reference.startswith("schemas/"):
            assert (DOCS / reference).is_file()
            continue
        node: object = document
        for part in reference.removeprefix("#/").split("/"):
            node = cast(dict[str, object], node)[part]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_lacks_is_not_sent(value: float) -> None:
    message = Detection(**COMMON, sensor="s", kind="radar-plot", evidence={"a": value})
    with pytest.raises(ValueError, match=r"evidence\.a is not a finite number"):
        encode(message)
