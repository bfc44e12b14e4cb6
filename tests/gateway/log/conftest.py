"""A small whole log, and hands that may do to its file whatever they like."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Audit

COMMITS = (1, 2, 1, 3, 1, 1)
"""How many entries each commit of the whole log adds: 9 in all."""

Change = Callable[..., None]


def audit(name: str, text: str = "as it was recorded") -> Audit:
    return Audit(id=f"id-{name}", site="noord", time_ns=10**18, action="test", text=text)


@pytest.fixture(scope="session")
def made_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    number = 0
    with CentralLog(folder) as log:
        for count in COMMITS:
            log.append([audit(f"{n}{n}") for n in range(number, number + count)])
            number += count
    return folder


@pytest.fixture
def fresh_log(made_log: Path, tmp_path: Path) -> Callable[[], Path]:
    """Gives folders with a whole log of nine entries, each of the test's own."""
    folders = (tmp_path / f"log-{number}" for number in itertools.count())
    return lambda: Path(shutil.copytree(made_log, next(folders)))


@pytest.fixture
def whole_log(fresh_log: Callable[[], Path]) -> Path:
    """One such folder."""
    return fresh_log()


@pytest.fixture
def no_right_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder is somebody else's."""

    def refused(*_: object) -> bool:
        return False

    monkeypatch.setattr("os.access", refused)


@pytest.fixture
def change() -> Change:
    """Run statements on a log's file as somebody who owns it may: without its triggers."""

    def run(folder: Path, *statements: str, values: Sequence[object] = ()) -> None:
        with closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as db:
            for (trigger,) in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                db.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                db.execute(statement, values)

    return run
