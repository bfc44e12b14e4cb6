from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from havik.gateway.log.verify import Verdict, verify

SIZE = 9
Fresh = Callable[[], Path]


def is_bad(verdict: Verdict, first_bad: int | None) -> None:
    assert not verdict.ok
    assert verdict.first_bad == first_bad, verdict


def contents(folder: Path) -> list[bytes]:
    with closing(sqlite3.connect(folder / "log.db")) as db:
        return [row[0] for row in db.execute("SELECT content FROM entry ORDER BY entry_index")]


def test_a_bit_turned_in_the_file_itself_names_the_entry(fresh_log: Fresh) -> None:
    for index in range(SIZE):
        log = fresh_log()
        content = contents(log)[index]
        data = (log / "log.db").read_bytes()
        assert data.count(content) == 1
        place = data.index(content) + len(content) // 2
        turned = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
        (log / "log.db").write_bytes(turned)
        is_bad(verify(log), index)


def test_a_file_cut_short_does_not_verify(fresh_log: Fresh) -> None:
    for part in (0, 0.01, 0.2, 0.4, 0.6, 0.8, 0.99):
        log = fresh_log()
        data = (log / "log.db").read_bytes()
        (log / "log.db").write_bytes(data[: int(len(data) * part)])
        verdict = verify(log)
        assert not verdict.ok
        assert verdict.first_bad is not None or "damaged" in str(verdict.reason)


def test_a_file_that_is_gone_or_no_database_is_bad_from_the_first_entry(whole_log: Path) -> None:
    (whole_log / "log.db").write_bytes(b"no database at all" * 500)
    is_bad(verify(whole_log), 0)
    (whole_log / "log.db").unlink()
    is_bad(verify(whole_log), 0)


def test_any_bit_of_the_file_is_seen_or_does_not_matter(whole_log: Path, tmp_path: Path) -> None:
    told = contents(whole_log)
    data = (whole_log / "log.db").read_bytes()
    chance = random.Random(6962)
    turned = shutil.copytree(whole_log, tmp_path / "turned")
    seen = 0
    for _ in range(250):
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        (turned / "log.db").write_bytes(changed)
        verdict = verify(turned)
        seen += not verdict.ok
        if verdict.ok:
            assert contents(turned) == told
        elif verdict.first_bad is not None:
            assert verdict.entries == verdict.first_bad <= SIZE
    assert seen > 60


def test_damage_beside_the_entries_is_seen(whole_log: Path) -> None:
    with closing(sqlite3.connect(whole_log / "log.db")) as db:
        ((page,),) = db.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_entry_1'"
        )
        ((size,),) = db.execute("PRAGMA page_size")
    data = bytearray((whole_log / "log.db").read_bytes())
    place = data.index(b"id-44", (page - 1) * size, page * size)
    data[place] ^= 1  # in the index of ids, which no hash covers
    (whole_log / "log.db").write_bytes(data)
    verdict = verify(whole_log)
    is_bad(verdict, None)
    assert verdict.entries == SIZE
