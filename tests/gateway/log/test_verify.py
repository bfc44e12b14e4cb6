from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from havik.gateway.errors import UsageError
from havik.gateway.log.checkpoints import Checkpoint
from havik.gateway.log.folder import read_signer
from havik.gateway.log.merkle import Frontier, leaf_hash
from havik.gateway.log.notes import Signer
from havik.gateway.log.reading import LogReader
from havik.gateway.log.store import CentralLog
from havik.gateway.log.verify import Verdict, verify
from havik.gateway.messages import Audit

Change = Callable[..., None]

SIZE = 9
CHECKPOINTS = (0, 1, 3, 4, 7, 8, 9)  # one for each commit of the whole log, and the empty one
COLUMNS = ("content", "subtree", "root", "id", "kind")


def is_bad(verdict: Verdict, first_bad: int | None) -> None:
    assert not verdict.ok
    assert verdict.first_bad == first_bad, verdict
    assert verdict.reason


def rows(folder: Path) -> list[tuple[int, str, str, bytes, bytes, bytes]]:
    with closing(sqlite3.connect(folder / "log.db")) as db:
        return db.execute("SELECT * FROM entry ORDER BY entry_index").fetchall()


def newest_checkpoint(folder: Path) -> str:
    with LogReader.open(folder) as log:
        return log.checkpoint()


def flip(folder: Path, change: Change, column: str, index: int, chance: random.Random) -> None:
    """Turn one bit of one column of one entry."""
    row = rows(folder)[index]
    name, kind, *blobs = row[1:]
    values = dict(zip(COLUMNS, (*blobs, name.encode(), kind.encode()), strict=True))
    data = bytearray(values[column])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    type_ = "TEXT" if column in ("id", "kind") else "BLOB"
    change(
        folder,
        f"UPDATE entry SET {column} = CAST(? AS {type_}) WHERE entry_index = ?",
        values=(bytes(data), index),
    )


def test_a_whole_log_is_whole(whole_log: Path) -> None:
    done: list[int] = []
    verdict = verify(whole_log, advance=done.append)
    assert verdict.ok, verdict
    assert (verdict.entries, verdict.first_bad, verdict.reason) == (SIZE, None, None)
    assert verdict.checkpoint is not None
    assert verdict.checkpoint.size == SIZE
    assert verdict.checkpoint.root == rows(whole_log)[-1][5]
    assert verdict.checkpoint_time_ns == 10**18
    assert sum(done) == SIZE
    assert verify(whole_log, checkpoint=newest_checkpoint(whole_log)).ok


def test_an_empty_log_is_whole(tmp_path: Path) -> None:
    CentralLog(tmp_path).close()
    verdict = verify(tmp_path)
    assert verdict.ok
    assert verdict.entries == 0
    assert verdict.checkpoint_time_ns is None


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("index", range(SIZE))
def test_a_bit_turned_anywhere_in_an_entry_names_it(
    whole_log: Path, change: Change, column: str, index: int
) -> None:
    flip(whole_log, change, column, index, random.Random(f"{column} {index}"))
    verdict = verify(whole_log)
    is_bad(verdict, index)
    assert verdict.entries == index


def test_every_byte_of_an_entry_counts(whole_log: Path, change: Change) -> None:
    content = rows(whole_log)[4][3]
    for place in range(len(content)):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        change(whole_log, "UPDATE entry SET content = ? WHERE entry_index = 4", values=(changed,))
        is_bad(verify(whole_log), 4)
    change(whole_log, "UPDATE entry SET content = ? WHERE entry_index = 4", values=(content,))
    assert verify(whole_log).ok


@pytest.mark.parametrize("index", range(SIZE))
def test_a_bit_turned_in_the_file_itself_names_the_entry(whole_log: Path, index: int) -> None:
    content = rows(whole_log)[index][3]
    data = (whole_log / "log.db").read_bytes()
    assert data.count(content) == 1
    place = data.index(content) + len(content) // 2
    turned = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
    (whole_log / "log.db").write_bytes(turned)
    is_bad(verify(whole_log), index)


@pytest.mark.parametrize("index", range(SIZE))
def test_an_entry_removed_is_named(whole_log: Path, change: Change, index: int) -> None:
    change(whole_log, f"DELETE FROM entry WHERE entry_index = {index}")
    is_bad(verify(whole_log), index)


@pytest.mark.parametrize("index", range(SIZE - 1))
def test_an_entry_removed_and_the_others_moved_up_is_named(
    whole_log: Path, change: Change, index: int
) -> None:
    change(
        whole_log,
        f"DELETE FROM entry WHERE entry_index = {index}",
        f"UPDATE entry SET entry_index = -entry_index WHERE entry_index > {index}",
        "UPDATE entry SET entry_index = -entry_index - 1 WHERE entry_index < 0",
    )
    is_bad(verify(whole_log), index)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (2, 3), (0, 8), (4, 7), (7, 8)])
@pytest.mark.parametrize("what", ["rows", "contents"])
def test_two_entries_swapped_name_the_first(
    whole_log: Path, change: Change, one: int, other: int, what: str
) -> None:
    if what == "rows":
        change(
            whole_log,
            f"UPDATE entry SET entry_index = -1 WHERE entry_index = {one}",
            f"UPDATE entry SET entry_index = {one} WHERE entry_index = {other}",
            f"UPDATE entry SET entry_index = {other} WHERE entry_index = -1",
        )
    else:
        first, second = rows(whole_log)[one], rows(whole_log)[other]
        put = "UPDATE entry SET id = ?, content = ? WHERE entry_index = ?"
        change(whole_log, put, values=("free", first[3], other))
        change(whole_log, put, values=(second[1], second[3], one))
        change(whole_log, put, values=(first[1], first[3], other))
    is_bad(verify(whole_log), one)


@pytest.mark.parametrize("left", range(SIZE))
def test_a_tail_cut_off_is_named_by_its_first_entry(
    whole_log: Path, change: Change, left: int
) -> None:
    kept = newest_checkpoint(whole_log)
    change(whole_log, f"DELETE FROM entry WHERE entry_index >= {left}")
    is_bad(verify(whole_log), left)
    change(whole_log, f"DELETE FROM checkpoint WHERE size > {left}")
    if left in CHECKPOINTS:
        assert verify(whole_log).ok  # an earlier state, whole: the file alone cannot show it
    else:
        is_bad(verify(whole_log), before(left))
    is_bad(verify(whole_log, checkpoint=kept), left)


def before(size: int) -> int:
    """The newest checkpoint below a size."""
    return max(checkpoint for checkpoint in CHECKPOINTS if checkpoint < size)


def test_an_entry_added_without_the_key_is_named(whole_log: Path, change: Change) -> None:
    forge(whole_log, change, rows(whole_log)[-1][3].replace(b"id-88", b"id-99"), SIZE)
    is_bad(verify(whole_log), SIZE)


def test_a_row_beside_the_order_is_seen(whole_log: Path, change: Change) -> None:
    change(whole_log, "INSERT INTO entry SELECT -1, 'x', kind, content, subtree, root FROM entry "
           "WHERE entry_index = 0")  # fmt: skip
    verdict = verify(whole_log)
    is_bad(verdict, None)
    assert verdict.entries == SIZE


def forge(folder: Path, change: Change, content: bytes, index: int) -> None:
    """Change one entry, or add one, and compute all hashes again."""
    contents = [row[3] for row in rows(folder)]
    contents[index : index + 1] = [content]
    frontier = Frontier()
    for number, data in enumerate(contents):
        subtree = frontier.append(leaf_hash(data))
        name = f"id-{number}{number}"
        change(
            folder,
            "INSERT OR REPLACE INTO entry VALUES (?, ?, 'havik.audit/1', ?, ?, ?)",
            values=(number, name, data, subtree, frontier.root),
        )


@pytest.mark.parametrize("index", range(SIZE))
def test_hashes_computed_anew_fail_at_the_next_signature(
    whole_log: Path, change: Change, index: int
) -> None:
    content = rows(whole_log)[index][3].replace(b"as it was", b"as it is!")
    forge(whole_log, change, content, index)
    # The first entry that no good checkpoint vouches for: the changed one, or one of its commit.
    first = max(size for size in CHECKPOINTS if size <= index)
    is_bad(verify(whole_log), first)


def test_a_log_rewritten_with_its_own_key_shows_by_a_kept_checkpoint(
    whole_log: Path, change: Change
) -> None:
    kept = newest_checkpoint(whole_log)
    forge(whole_log, change, rows(whole_log)[5][3].replace(b"as it was", b"as it is!"), 5)
    signer = read_signer(whole_log)
    for size in (7, 8, 9):
        note = Checkpoint(signer.name, size, rows(whole_log)[size - 1][5]).sign(signer)
        change(whole_log, "UPDATE checkpoint SET note = ? WHERE size = ?", values=(note, size))
    assert verify(whole_log).ok
    verdict = verify(whole_log, checkpoint=kept)
    is_bad(verdict, None)
    assert "kept checkpoint" in str(verdict.reason)


def test_a_log_made_anew_with_another_key_shows_by_a_kept_checkpoint(
    whole_log: Path, tmp_path: Path
) -> None:
    kept = newest_checkpoint(whole_log)
    CentralLog(tmp_path / "other").close()
    is_bad(verify(tmp_path / "other", checkpoint=kept), None)


@pytest.mark.parametrize("size", CHECKPOINTS)
def test_an_older_kept_checkpoint_holds_for_a_log_that_grew(whole_log: Path, size: int) -> None:
    with closing(sqlite3.connect(whole_log / "log.db")) as db:
        ((note,),) = db.execute("SELECT note FROM checkpoint WHERE size = ?", (size,))
    assert verify(whole_log, checkpoint=note).ok


@pytest.mark.parametrize("note", ["", "no note\n", "a\n0\nb\n\n— x y\n"])
def test_what_is_no_checkpoint_of_this_log_does_not_verify(whole_log: Path, note: str) -> None:
    is_bad(verify(whole_log, checkpoint=note), None)


def test_the_last_checkpoint_removed_leaves_its_entries_without_a_voucher(
    whole_log: Path, change: Change
) -> None:
    for left in reversed(range(1, len(CHECKPOINTS))):
        change(whole_log, f"DELETE FROM checkpoint WHERE size = {CHECKPOINTS[left]}")
        is_bad(verify(whole_log), CHECKPOINTS[left - 1])
    change(whole_log, "DELETE FROM checkpoint")
    is_bad(verify(whole_log), 0)


def test_a_checkpoint_removed_in_the_middle_is_covered_by_the_later_ones(
    whole_log: Path, change: Change
) -> None:
    change(whole_log, "DELETE FROM checkpoint WHERE size IN (0, 4, 7)")
    assert verify(whole_log).ok
    flip(whole_log, change, "content", 5, random.Random(1))
    is_bad(verify(whole_log), 5)


@pytest.mark.parametrize("size", CHECKPOINTS)
def test_a_checkpoint_altered_takes_away_what_it_vouched_for(
    whole_log: Path, change: Change, size: int
) -> None:
    first = 0 if size == 0 else before(size)
    chance = random.Random(size)
    with closing(sqlite3.connect(whole_log / "log.db")) as db:
        ((note,),) = db.execute("SELECT note FROM checkpoint WHERE size = ?", (size,))
    for _ in range(20):
        place = chance.randrange(len(note))
        turned = note[:place] + chr(ord(note[place]) ^ 1) + note[place + 1 :]
        put = "UPDATE checkpoint SET note = ? WHERE size = ?"
        change(whole_log, put, values=(turned, size))
        is_bad(verify(whole_log), first)


def test_a_checkpoint_forged_with_another_key_of_the_same_name_is_seen(
    whole_log: Path, change: Change
) -> None:
    forger = Signer.generate(read_signer(whole_log).name)
    note = Checkpoint(forger.name, 2, rows(whole_log)[1][5]).sign(forger)
    change(whole_log, "INSERT INTO checkpoint VALUES (2, ?)", values=(note,))
    is_bad(verify(whole_log), 1)


@pytest.mark.parametrize(("size", "first_bad"), [(2, 1), (5, 4), (10, 9), (-1, None)])
def test_a_good_checkpoint_in_another_place_is_seen(
    whole_log: Path, change: Change, size: int, first_bad: int | None
) -> None:
    values = (size, newest_checkpoint(whole_log))
    change(whole_log, "INSERT INTO checkpoint VALUES (?, ?)", values=values)
    is_bad(verify(whole_log), first_bad)


def another_key(folder: Path, *names: str) -> None:
    signer = Signer.generate("other")
    texts = {"log.pub": str(signer.verifier), "log.key": signer.write()}
    for name in names:
        (folder / name).write_text(f"{texts[name]}\n")


KEYS: dict[str, Callable[[Path], object]] = {
    "public replaced": lambda folder: another_key(folder, "log.pub"),
    "secret replaced": lambda folder: another_key(folder, "log.key"),
    "both replaced": lambda folder: another_key(folder, "log.pub", "log.key"),
    "public removed": lambda folder: (folder / "log.pub").unlink(),
    "public emptied": lambda folder: (folder / "log.pub").write_bytes(b""),
    "public no text": lambda folder: (folder / "log.pub").write_bytes(b"\xff\xfe\n"),
    "public replaced, secret removed": lambda folder: (
        another_key(folder, "log.pub"),
        (folder / "log.key").unlink(),
    ),
}


@pytest.mark.parametrize("do", KEYS.values(), ids=KEYS.keys())
def test_keys_that_are_not_the_logs_vouch_for_nothing(
    whole_log: Path, do: Callable[[Path], object]
) -> None:
    do(whole_log)
    is_bad(verify(whole_log), 0)


def test_a_damaged_secret_key_is_told(whole_log: Path) -> None:
    (whole_log / "log.key").write_text("PRIVATE+KEY+x\n")
    is_bad(verify(whole_log), None)


def test_the_public_key_is_enough(whole_log: Path) -> None:
    (whole_log / "log.key").unlink()
    assert verify(whole_log).ok


@pytest.mark.parametrize("part", [0, 0.01, 0.2, 0.4, 0.6, 0.8, 0.99])
def test_a_file_cut_short_does_not_verify(whole_log: Path, part: float) -> None:
    data = (whole_log / "log.db").read_bytes()
    (whole_log / "log.db").write_bytes(data[: int(len(data) * part)])
    verdict = verify(whole_log)
    assert not verdict.ok
    assert verdict.first_bad is not None or "damaged" in str(verdict.reason)


def test_a_file_that_is_gone_or_no_database_is_bad_from_the_first_entry(whole_log: Path) -> None:
    (whole_log / "log.db").write_bytes(b"no database at all" * 500)
    is_bad(verify(whole_log), 0)
    (whole_log / "log.db").unlink()
    is_bad(verify(whole_log), 0)


def test_any_bit_of_the_file_is_seen_or_does_not_matter(whole_log: Path, tmp_path: Path) -> None:
    told = rows(whole_log)
    data = (whole_log / "log.db").read_bytes()
    chance = random.Random(6962)
    turned = shutil.copytree(whole_log, tmp_path / "turned")
    seen = 0
    for _ in range(400):
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        (turned / "log.db").write_bytes(changed)
        verdict = verify(turned)
        seen += not verdict.ok
        if verdict.ok:
            assert rows(turned) == told
        elif verdict.first_bad is not None:
            assert verdict.entries == verdict.first_bad <= SIZE
    assert seen > 100


def test_what_was_hashed_and_signed_but_is_no_record_is_named(
    whole_log: Path, change: Change
) -> None:
    forge(whole_log, change, b"{}", 8)
    signer = read_signer(whole_log)
    note = Checkpoint(signer.name, 9, rows(whole_log)[8][5]).sign(signer)
    change(whole_log, "UPDATE checkpoint SET note = ? WHERE size = 9", values=(note,))
    verdict = verify(whole_log)
    is_bad(verdict, 8)
    assert "no record" in str(verdict.reason)


def test_verifying_a_log_that_grows_sees_one_moment_of_it(tmp_path: Path) -> None:
    CentralLog(tmp_path).close()
    ended = threading.Event()

    def grow() -> None:
        with CentralLog(tmp_path) as log:
            for number in range(300):
                log.append([Audit(id=f"{number}", site="noord", time_ns=0, action="test")])
        ended.set()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        sizes = set[int]()
        while not ended.is_set():
            verdict = verify(tmp_path)
            assert verdict.ok, verdict
            sizes.add(verdict.entries)
    finally:
        writer.join()
    assert verify(tmp_path).entries == 300


def test_verifying_changes_none_of_the_logs_files(whole_log: Path) -> None:
    before_it = {file.name: file.read_bytes() for file in whole_log.iterdir()}
    verify(whole_log)
    after = {file.name: file.read_bytes() for file in whole_log.iterdir() if file.name in before_it}
    assert after == before_it


def test_without_a_log_there_is_nothing_to_verify(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--log PATH"):
        verify(tmp_path)
