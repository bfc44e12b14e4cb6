from __future__ import annotations

import logging
from pathlib import Path

import pytest

from havik.gateway.errors import UsageError
from havik.gateway.log.restore import answered_commands, open_incidents
from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Audit, Find, Incident, Recorded, encode

NUMBERS = iter(range(10**6))


def incident(name: str, version: int, *, closed: bool = False, first_ns: int = 0) -> Incident:
    return Incident(
        id=f"id-{next(NUMBERS)}", site="noord", time_ns=0, incident=name, version=version,
        state="closed" if closed else "alarm", contact=False, confidence=0.9,
        first_contact_ns=first_ns, last_contact_ns=9,
    )  # fmt: skip


def find(name: str, of: str | None, version: int = 1) -> Find:
    return Find(
        id=f"id-{next(NUMBERS)}", site="noord", time_ns=0, find=name, version=version,
        found_at_ns=0, place="yard", method="search", incident=of,
    )  # fmt: skip


def command(name: str, subject: str | None, action: str = "command") -> Audit:
    return Audit(
        id=f"id-{next(NUMBERS)}", site="noord", time_ns=0, action=action, subject=subject, text=name
    )


def record(folder: Path, *records: Recorded | bytes) -> None:
    with CentralLog(folder) as log:
        assert None not in log.append(records)


def test_the_newest_version_of_each_open_incident_comes_back(tmp_path: Path) -> None:
    newest = incident("late", 2, first_ns=7)
    other = incident("early", 1, first_ns=3)
    record(
        tmp_path,
        incident("late", 1, first_ns=7),
        incident("done", 1),
        other,
        newest,
        incident("done", 2, closed=True),
    )
    assert open_incidents(tmp_path) == [other, newest]


def test_the_version_counts_not_the_place(tmp_path: Path) -> None:
    newest = incident("i", 3)
    record(tmp_path, newest, incident("i", 2))
    assert open_incidents(tmp_path) == [newest]


def test_commands_come_back_with_their_subjects(tmp_path: Path) -> None:
    record(
        tmp_path,
        command("c1", "f1"),
        command("x", "f9", action="settings"),
        command("c2", None),
        incident("i", 1),
        command("c3", "i1"),
    )
    assert answered_commands(tmp_path) == {"c1": "f1", "c2": "", "c3": "i1"}
    assert list(answered_commands(tmp_path)) == ["c1", "c2", "c3"]
    assert answered_commands(tmp_path, most=2) == {"c2": "", "c3": "i1"}
    assert answered_commands(tmp_path, most=0) == {}


def test_an_id_used_twice_has_its_newest_subject(tmp_path: Path) -> None:
    record(tmp_path, command("c", "old"), command("c", "new"))
    assert answered_commands(tmp_path) == {"c": "new"}


def test_without_a_log_there_is_nothing_and_none_is_made(tmp_path: Path) -> None:
    assert open_incidents(tmp_path) == []
    assert answered_commands(tmp_path) == {}
    assert not list(tmp_path.iterdir())


def test_an_entry_that_cannot_be_read_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = encode(incident("wrong", 1)).replace(b'"alarm"', b'"unheard-of"')
    good = incident("good", 1)
    record(tmp_path, wrong, good)
    assert open_incidents(tmp_path) == [good]
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert "entry 0" in caplog.text


def test_a_log_that_cannot_be_read_is_told_in_one_line(whole_log: Path) -> None:
    (whole_log / "log.db").write_bytes(b"damaged" * 1000)
    with pytest.raises(UsageError, match="havik log verify"):
        open_incidents(whole_log)
    with pytest.raises(UsageError, match="havik log verify"):
        answered_commands(whole_log)
