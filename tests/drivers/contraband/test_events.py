"""Events in JSON: payloads written out by hand from the forms' description."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.catalogue import DRIVERS
from havik.drivers.contraband import fence_zone, phone_energy, screening_result
from havik.drivers.readings import (
    FenceEvent,
    ImageReference,
    PhoneEnergy,
    Reading,
    ScreeningResult,
    Substance,
)

AT = "2026-07-02T04:11:09+02:00"
AT_NS = 1_782_958_269_000_000_000  # `date -u -d 2026-07-02T02:11:09Z +%s`
FENCE = {
    "zone": "F12",
    "dist_m": 412.5,
    "state": "alarm",
    "cause": "climb",
    "weather": {"wind_ms": 14},
}
PHONE = {
    "band": "880-915",
    "rat_guess": "gsm",
    "peak_dbm": -38.2,
    "floor_dbm": -92.0,
    "dur_ms": 0.5,
    "bursts": 13,
    "window_s": 5,
    "bearing_deg": None,
}
RESULT: dict[str, Any] = {
    "device": "xray_baggage",
    "decision": "suspect",
    "threat_class": ["drugs", "phone"],
    "substances": [{"name": "cocaine", "cas": "50-36-2", "level": None}],
    "presumptive": True,
    "operator_ref": "op-7",
    "image_ref": {"sha256": "ab" * 32, "uid": "1.2.840", "held_in": "scanner"},
    "consumable_lot": None,
    "last_verification": AT,
}
SCREENED = ScreeningResult(
    time_ns=AT_NS,
    device="xray_baggage",
    decision="suspect",
    threat_classes=("drugs", "phone"),
    substances=(Substance(name="cocaine", cas="50-36-2"),),
    operator_ref="op-7",
    image=ImageReference(sha256="ab" * 32, uid="1.2.840", held_in="scanner"),
    last_verification_ns=AT_NS,
)
TABLE: dict[str, tuple[str, dict[str, Any], Reading]] = {
    "fence-zone": (
        "fence_zone/1",
        FENCE,
        FenceEvent(
            time_ns=AT_NS,
            zone="F12",
            state="alarm",
            cause="climb",
            distance_m=412.5,
            wind_m_s=14,
        ),
    ),
    "phone-energy": (
        "phone_rf/1",
        PHONE,
        PhoneEnergy(
            time_ns=AT_NS,
            band="880-915",
            technology="gsm",
            peak_dbm=-38.2,
            floor_dbm=-92,
            burst_s=0.0005,
            bursts=13,
            window_s=5,
        ),
    ),
    "screening-result": ("screening_result/1", RESULT, SCREENED),
}


def payload(adapter: str, data: dict[str, Any], **envelope: Any) -> bytes:
    outer = {"schema": "gw.event/1", "adapter": adapter, "sensor": "s-1", "seq": 1, "t_sensor": AT}
    return json.dumps({**outer, "unknown": [1], **envelope, "data": data}).encode()


def read(name: str, *payloads: bytes) -> tuple[list[Reading], dict[str, int]]:
    decoder = DRIVERS[name].decoder()
    return [one for each in payloads for one in decoder.feed(each, 5)], dict(decoder.refused)


@pytest.mark.parametrize(("name", "row"), TABLE.items(), ids=TABLE)
def test_each_form_is_read(name: str, row: tuple[str, dict[str, Any], Reading]) -> None:
    adapter, data, reading = row
    assert read(name, payload(adapter, data)) == ([reading], {})
    (tested,) = read(name, payload(adapter, data, mode="test", t_sensor=None))[0]
    assert tested == msgspec.structs.replace(reading, time_ns=5, mode="test")
    once, twice = payload(adapter, data), payload(adapter, data, seq=2)
    assert read(name, once, once, twice)[1] == {"event that was there before": 1}
    assert read(name, payload("other/1", data))[1] == {"event of another adapter": 1}
    assert read(name, payload(adapter, data, x=["y" * 20_000]))[0] == []
    for key in (key for key, value in data.items() if isinstance(value, str)):
        assert read(name, payload(adapter, data | {key: {}}))[0] == []


def test_each_is_written_as_it_is_read() -> None:
    encoders: dict[str, Callable[[Any, int], bytes]] = {
        "fence-zone": fence_zone.encode,
        "phone-energy": phone_energy.encode,
        "screening-result": screening_result.encode,
    }
    for name, encode in encoders.items():
        reading: Any = TABLE[name][2]
        assert read(name, encode(reading, 1)) == ([reading], {})


@pytest.mark.parametrize(
    "more",
    [
        {"imsi": "x"},
        {"note": {"IMEI": None}},
        {"x": "204041234567890"},
        {"x": [490154203237518]},
        {"subscriber_id": 1},
    ],
)
def test_a_payload_that_could_name_a_telephone_is_refused(more: dict[str, Any]) -> None:
    assert read("phone-energy", payload("phone_rf/1", PHONE | more)) == (
        [],
        {"payload with an identifier": 1},
    )


@pytest.mark.parametrize("name", ["phone-energy", "screening-result"])
def test_what_nobody_can_look_into_is_refused(name: str) -> None:
    adapter, data, _ = TABLE[name]
    whole = payload(adapter, data, unknown=["HERE"])
    found, refused = read(name, whole.replace(b"HERE", b"\xff\xfe"))
    assert found == [] and refused


def test_no_text_can_stand_in_energy() -> None:
    for field in msgspec.structs.fields(PhoneEnergy):
        assert field.type is not str


@pytest.mark.parametrize(
    "more",
    [
        {"image": "none"},
        {"Thumbnail": None},
        {"x": {"scan_data": 1}},
        {"x": "A" * 201},
        {"x": "iVBORw0KGgo"},
        {"x": "data:;base64,"},
        {"x": list(range(33))},
        {"x": [[{"pixels": [1]}]]},
    ],
)
def test_anything_like_an_image_is_refused(more: dict[str, Any]) -> None:
    assert read("screening-result", payload("screening_result/1", RESULT | more)) == (
        [],
        {screening_result.LIKE_AN_IMAGE: 1},
    )


def test_an_image_behind_its_reference_is_refused() -> None:
    for more in ({"image_ref": {"sha256": "ab" * 32, "x": 1}}, {"image_ref": "A" * 64}):
        assert read("screening-result", payload("screening_result/1", RESULT | more))[0] == []


TOP = "time,device,decision,threat_class,substance,cas,level,image_sha256\r\n"


def test_an_instruments_table_is_read_row_by_row() -> None:
    table = TOP + (
        f"{AT},trace,alarm,drugs;other,cocaine,50-36-2,3.5,\r\n"
        f"{AT},raman,clear,,,,,\r\n\r\n"
        f"{AT},xray_baggage,suspect,phone,,,,{'ab' * 32}\r\n"
        "yesterday,raman,clear,,,,,\r\n"
        f"{AT},raman,perhaps,,,,,\r\n"
        f"{AT},raman,clear\r\n"
        f"{AT},raman,clear,,{'A' * 300},,,\r\n"
        f"{AT},raman,alarm,,x,,nan,\r\n"
    )
    found, refused = read("screening-result", table.encode("utf-8-sig"))
    assert found == [
        ScreeningResult(
            time_ns=AT_NS,
            device="trace",
            decision="alarm",
            threat_classes=("drugs", "other"),
            substances=(Substance(name="cocaine", cas="50-36-2", level=3.5),),
        ),
        ScreeningResult(time_ns=AT_NS, device="raman", decision="clear"),
        ScreeningResult(
            time_ns=AT_NS,
            device="xray_baggage",
            decision="suspect",
            threat_classes=("phone",),
            image=ImageReference(sha256="ab" * 32),
        ),
    ]
    assert refused == {
        "row that cannot be read": 2,
        "not a number": 1,
        "row of another length": 1,
        screening_result.LIKE_AN_IMAGE: 1,
    }


@pytest.mark.parametrize(
    ("top", "reason"),
    [
        ("time,device,decision,image", screening_result.LIKE_AN_IMAGE),
        ("time,device,decision,name", "table with a column that is not known"),
        ("time,device,decision,cas,cas", "table with a column that is not known"),
    ],
)
def test_a_table_of_another_form_is_refused(top: str, reason: str) -> None:
    assert read("screening-result", f"{top}\n{AT},dog,alarm,x\n".encode()) == ([], {reason: 1})


@given(
    st.sampled_from(["clear", "suspect", "alarm", "inconclusive", "refused"]),
    st.lists(st.sampled_from(["drugs", "phone", "weapon"]), max_size=4).map(tuple),
    st.integers(0, 1 << 62).map(lambda us: us // 1000 * 1000),
)
def test_what_is_written_is_read(decision: Any, classes: Any, time_ns: int) -> None:
    result = ScreeningResult(
        time_ns=time_ns, device="dog", decision=decision, threat_classes=classes
    )
    assert read("screening-result", screening_result.encode(result, 1)) == ([result], {})
