from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import pytest
from msgspec.structs import replace

from havik.gateway.cli.find_commands import (
    add_to_log,
    known_finds,
    known_incidents,
    list_finds,
    moment,
    named_site,
    print_record,
    show_find,
)
from havik.gateway.commands import RecordFind
from havik.gateway.console.client import make
from havik.gateway.errors import UsageError
from havik.gateway.log.recorder import Recorder, RecordLost
from havik.gateway.log.store import CentralLog
from havik.gateway.log.verify import verify
from havik.gateway.messages import Find, FindItem, Incident, Mode, Recorded

if TYPE_CHECKING:
    from tests.gateway.conftest import Havik

NOON_NS = 1_767_268_800 * 10**9  # 2026-01-01 12:00:00 UTC: date -u -d @1767268800


class Common(TypedDict):
    id: str
    site: str
    time_ns: int


def common(name: str) -> Common:
    return {"id": name, "site": "noord", "time_ns": NOON_NS}


FLIGHT = Incident(
    **common("1"), incident="flight-1", version=1, state="alarm", contact=True, confidence=1,
    first_contact_ns=NOON_NS, last_contact_ns=NOON_NS,
)  # fmt: skip
RENEWED = Incident(
    **common("2"), incident="flight-1", version=2, state="acknowledged", contact=False,
    confidence=1, first_contact_ns=NOON_NS, last_contact_ns=NOON_NS,
)  # fmt: skip
FIND = Find(
    **common("3"), find="find-1", found_at_ns=NOON_NS, place="yard", method="dog",
    place_ref="yard-b", items=(FindItem(category="phone", quantity=2),),
)  # fmt: skip
NEGATIVE = make(RecordFind, place="yard", method="dog", negative_search=True)


def log_of(folder: Path, *records: Recorded | bytes) -> Path:
    with CentralLog(folder / "log") as log:
        log.append(records)
    return folder / "log"


def listed(folder: Path, *, as_json: bool = False) -> list[str]:
    out = io.StringIO()
    list_finds(folder, as_json=as_json, out=out)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_find_is_in_the_log_when_it_is_said_to_be(tmp_path: Path) -> None:
    find = add_to_log(tmp_path / "log", "noord", "exercise", NEGATIVE)
    assert known_finds(tmp_path / "log") == {find.find: find}
    assert (find.site, find.mode, find.negative_search) == ("noord", "exercise", True)
    assert verify(tmp_path / "log").ok


def test_a_find_may_belong_to_an_incident_of_the_log(tmp_path: Path) -> None:
    folder = log_of(tmp_path, FLIGHT)
    of_it = make(RecordFind, place="yard", method="dog", negative_search=True, incident="flight-1")
    assert add_to_log(folder, "noord", None, of_it).incident == "flight-1"
    of_none = make(RecordFind, place="yard", method="dog", negative_search=True, incident="f2")
    with pytest.raises(UsageError, match=r"no incident f2 in .*; `havik incident list` names"):
        add_to_log(folder, "noord", None, of_none)
    with pytest.raises(UsageError, match="--site zuid: incident flight-1 is of noord"):
        add_to_log(folder, "zuid", None, of_it)
    assert len(known_finds(folder)) == 1


@pytest.mark.parametrize(
    ("mode", "incident", "recorded"),
    [
        (None, "exercise", "exercise"),
        (None, "live", "live"),
        ("test", "exercise", "test"),
        (None, None, "live"),
    ],
)
def test_a_find_is_of_its_incidents_mode_where_no_other_is_given(
    tmp_path: Path, mode: str | None, incident: Mode | None, recorded: str
) -> None:
    folder = log_of(tmp_path, replace(FLIGHT, mode=incident or "live"))
    name = incident and "flight-1"
    found = make(RecordFind, place="yard", method="dog", negative_search=True, incident=name)
    assert add_to_log(folder, "noord", mode, found).mode == recorded


@pytest.mark.parametrize(
    ("place", "told"),
    [("file", "file exists; name another"), ("/proc/none", "no such file or directory; name an")],
)
def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path, place: str, told: str) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(UsageError, match=told):
        add_to_log(tmp_path / place, "noord", "exercise", NEGATIVE)
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("name", ["log.db", "spool.db", "log.key"])
def test_a_log_that_is_damaged_takes_nothing_and_says_so(tmp_path: Path, name: str) -> None:
    folder = log_of(tmp_path, FLIGHT)
    (folder / name).write_bytes(b"somebody else's bytes")
    with pytest.raises(UsageError, match="see `havik log verify`") as caught:
        add_to_log(folder, "noord", "exercise", NEGATIVE)
    assert "\n" not in str(caught.value)


def test_a_record_that_is_lost_is_not_said_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object) -> None:
        raise RecordLost("the disk is full")

    monkeypatch.setattr(Recorder, "submit", lose)
    with pytest.raises(UsageError, match="not recorded, the disk is full; make room and try"):
        add_to_log(tmp_path / "log", "noord", "exercise", NEGATIVE)


@pytest.mark.parametrize(
    ("site", "mode", "told"),
    [
        ("a/b", "live", "--site a/b can be no site's name"),
        ("", "live", "--site "),
        ("noord", "war", "--mode war is none; there are live, test, exercise"),
    ],
)
def test_a_site_without_its_settings_has_a_name_and_a_mode(site: str, mode: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        named_site(site, mode)


def test_the_finds_are_listed_for_people(tmp_path: Path) -> None:
    heading, line = listed(log_of(tmp_path, FIND))
    assert heading.split() == ["find", "found", "at", "site", "what", "mode"]
    for words in ("find-1", "2026-01-01 12:00:00Z", "noord", "2 phone; yard yard-b; dog", "live"):
        assert words in line


def test_a_reader_that_has_seen_enough_is_no_fault_of_the_job(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def write(self, _: str, /) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        list_finds(log_of(tmp_path, FIND), as_json=False, out=Gone())


def test_the_newest_version_of_each_is_known(tmp_path: Path) -> None:
    folder = log_of(tmp_path, FLIGHT, FIND, RENEWED)
    assert known_incidents(folder) == {"flight-1": RENEWED}
    assert [json.loads(line)["find"] for line in listed(folder, as_json=True)] == ["find-1"]


def test_what_others_recorded_cannot_fool_a_terminal(tmp_path: Path) -> None:
    odd = Find(
        **common("4"),
        find="[red]f[/]",
        found_at_ns=1 << 100,
        place="[b]\x1b[2J\nyard",
        method="dog",
    )
    heading, line = listed(log_of(tmp_path, odd))
    assert heading.startswith("find")
    assert "[red]f[/]" in line and "[b]\ufffd[2J\ufffdyard" in line
    assert f"{1 << 100} ns" in line


def test_an_entry_that_cannot_be_read_stops_no_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = b'{"schema":"havik.find/1","id":"x","site":"noord","time_ns":1,"mode":"live"}'
    folder = log_of(tmp_path, later, FIND)
    assert list(known_finds(folder)) == ["find-1"]
    assert capsys.readouterr().err.startswith("entry 0 is left out: ")


def test_one_find_is_shown_whole(tmp_path: Path) -> None:
    folder = log_of(tmp_path, FIND)
    for as_json in (True, False):
        out = io.StringIO()
        show_find(folder, "find-1", as_json=as_json, out=out)
        assert json.loads(out.getvalue())["items"][0]["quantity"] == 2
        assert (out.getvalue().count("\n") == 1) is as_json
    with pytest.raises(UsageError, match=r"no find x in .*; `havik find list` names those"):
        show_find(folder, "x", as_json=False, out=io.StringIO())


def test_a_record_is_json_in_both_forms() -> None:
    out = io.StringIO()
    print_record(FLIGHT, as_json=False, out=out)
    assert json.loads(out.getvalue())["incident"] == "flight-1"


@pytest.mark.parametrize(
    ("time_ns", "shown"),
    [
        (NOON_NS, "2026-01-01 12:00:00Z"),
        (NOON_NS + 999_999_999, "2026-01-01 12:00:00Z"),
        (0, "1970-01-01 00:00:00Z"),
        (1 << 200, f"{1 << 200} ns"),
        (-(1 << 200), f"{-(1 << 200)} ns"),
    ],
)
def test_a_moment_is_told_whatever_it_is(time_ns: int, shown: str) -> None:
    assert moment(time_ns) == shown


WHERE = ("--place", "yard", "--method", "drone_alarm_search", "--site", "noord")
WRONG: list[tuple[tuple[str, ...], str]] = [
    ((), "items: say what was found, or record a negative search"),
    (("--negative", "--item", "phone"), "items: a negative search found nothing; leave them out"),
    (("--item", "fone"), "no code `fone`; did you mean phone"),
    (("--item", "phone/minni"), "sub of phone: no code `minni`; did you mean mini?"),
    (("--item", "phone:2:3:4"), "is not of the form CATEGORY[/SUB]"),
    (("--item", "phone:0"), "quantity"),
    (("--item", ""), "is not of the form"),
    (("--item", "drugs:3kg"), "kg is a weight; give weight_g, in grams"),
    (("--negative", "--place", "moon"), "place: no code `moon`"),
    (("--negative", "--method", "magic"), "method: no code `magic`"),
    (("--negative", "--route", "tunnel"), "route: no code `tunnel`"),
    (("--negative", "--at", "yesterday"), "`yesterday` is no moment; write it as 2026-11-05T"),
    (("--negative", "--at", "2020-01-01"), "has no offset from UTC; write it as"),
    (("--negative", "--at", "9999-01-01T00:00Z"), "lies in the future; check the date"),
    (("--negative", "--incident", "f9"), "no central log there; name its folder with --log PATH"),
    (("--negative", "--incident", "a b"), "--incident: at most 64 letters"),
    (("--negative", "--finder-role", "Jan de Vries"), "--finder-role: at most 64 letters"),
    (("--negative", "--place-ref", "cell 12"), "--place-ref: at most 64 letters"),
    (("--negative", "--note", "x" * 201), "--note: at most 200 characters"),
    (("--negative", "--note", "\udcff"), "--note: is not text; write it in UTF-8"),
    (("--negative", "--mode", "war"), "--mode war is none; there are live, test, exercise"),
    (("--negative", "--site", "a/b"), "--site a/b can be no site's name"),
    (("--negative", "--broker", "localhost"), "is no broker; write mqtt://"),
    (("--negative", "--broker", "mqtt://127.0.0.1:1"), "nothing listens there; name broker and us"),
]


@pytest.mark.parametrize(("more", "told"), WRONG)
def test_a_find_that_is_none_is_refused_and_nothing_is_recorded(
    havik: Havik, tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    folder = tmp_path / "log"
    assert told in havik.refuses("find", "add", *WHERE, "--log", folder, *more)
    assert not folder.exists()


def test_a_find_is_added_listed_and_shown(havik: Havik, tmp_path: Path) -> None:
    log = ("--log", tmp_path / "log")
    code, out, told = havik(
        "find", "add", *WHERE, *log,
        "--item", "phone/mini:2", "--item", "drugs/cannabis:1package:48.5g",
        "--at", "2025-12-31T23:58+01:00", "--place-ref", "yard-b", "--route", "drone",
        "--finder-role", "patrol", "--note", "in the net", "--mode", "test",
    )  # fmt: skip
    assert (code, told) == (0, "")
    name = out.strip()
    code, out, _ = havik("find", "show", name, *log, "--json")
    find = json.loads(out)
    assert find["find"] == name
    assert find["found_at_ns"] == 1_767_221_880 * 10**9  # date -u -d 2025-12-31T22:58Z +%s
    assert (find["mode"], find["place_ref"], find["route"]) == ("test", "yard-b", "drone")
    assert [item["weight_g"] for item in find["items"]] == [None, 48.5]
    code, out, _ = havik("find", "list", *log)
    assert name in out and "2025-12-31 22:58:00Z" in out
