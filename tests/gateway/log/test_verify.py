from __future__ import annotations

import random
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
Fresh = Callable[[], Path]

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


def checkpoints(folder: Path) -> dict[int, str]:
    with closing(sqlite3.connect(folder / "log.db")) as db:
        return dict(db.execute("SELECT size, note FROM checkpoint ORDER BY size").fetchall())


def newest_checkpoint(folder: Path) -> str:
    with LogReader.open(folder) as log:
        return log.checkpoint()


def flip(folder: Path, change: Change, column: str, index: int, chance: random.Random) -> None:
    """Turn one bit of one column of one entry."""
    row = rows(folder)[index]
    name, kind, *blobs = row[1:]
    values = (*blobs, name.encode(), kind.encode())
    data = bytearray(values[COLUMNS.index(column)])
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
def test_a_bit_turned_anywhere_in_an_entry_names_it(
    fresh_log: Fresh, change: Change, column: str
) -> None:
    chance = random.Random(column)
    for index in range(SIZE):
        log = fresh_log()
        flip(log, change, column, index, chance)
        verdict = verify(log)
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


def test_an_entry_removed_is_named(fresh_log: Fresh, change: Change) -> None:
    for index in range(SIZE):
        log = fresh_log()
        change(log, f"DELETE FROM entry WHERE entry_index = {index}")
        is_bad(verify(log), index)


def test_an_entry_removed_and_the_others_moved_up_is_named(
    fresh_log: Fresh, change: Change
) -> None:
    for index in range(SIZE):
        log = fresh_log()
        change(
            log,
            f"DELETE FROM entry WHERE entry_index = {index}",
            f"UPDATE entry SET entry_index = -entry_index WHERE entry_index > {index}",
            "UPDATE entry SET entry_index = -entry_index - 1 WHERE entry_index < 0",
        )
        is_bad(verify(log), index)


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


def test_a_tail_cut_off_is_named_by_its_first_entry(fresh_log: Fresh, change: Change) -> None:
    for left in range(SIZE):
        log = fresh_log()
        kept = newest_checkpoint(log)
        change(log, f"DELETE FROM entry WHERE entry_index >= {left}")
        is_bad(verify(log), left)
        change(log, f"DELETE FROM checkpoint WHERE size > {left}")
        if left in CHECKPOINTS:
            assert verify(log).ok  # an earlier state, whole: the file alone cannot show it
        else:
            is_bad(verify(log), before(left))
        is_bad(verify(log, checkpoint=kept), left)


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


def test_hashes_computed_anew_fail_at_the_next_signature(fresh_log: Fresh, change: Change) -> None:
    for index in range(SIZE):
        log = fresh_log()
        content = rows(log)[index][3].replace(b"as it was", b"as it is!")
        forge(log, change, content, index)
        # The first entry that no good checkpoint vouches for: the changed one, or its commit's.
        is_bad(verify(log), before(index + 1))


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


def test_an_older_kept_checkpoint_holds_for_a_log_that_grew(whole_log: Path) -> None:
    notes = checkpoints(whole_log)
    assert tuple(notes) == CHECKPOINTS
    assert all(verify(whole_log, checkpoint=note).ok for note in notes.values())


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


def test_a_checkpoint_altered_takes_away_what_it_vouched_for(
    whole_log: Path, change: Change
) -> None:
    chance = random.Random(9162)
    put = "UPDATE checkpoint SET note = ? WHERE size = ?"
    for size, note in checkpoints(whole_log).items():
        for _ in range(15):
            place = chance.randrange(len(note))
            turned = note[:place] + chr(ord(note[place]) ^ 1) + note[place + 1 :]
            change(whole_log, put, values=(turned, size))
            is_bad(verify(whole_log), 0 if size == 0 else before(size))
        change(whole_log, put, values=(note, size))
    assert verify(whole_log).ok


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


@pytest.mark.parametrize(
    ("replaced", "removed"),
    [
        (["log.pub"], []),
        (["log.key"], []),
        (["log.pub", "log.key"], []),
        (["log.pub"], ["log.key"]),
        ([], ["log.pub"]),
    ],
)
def test_keys_that_are_not_the_logs_vouch_for_nothing(
    whole_log: Path, replaced: list[str], removed: list[str]
) -> None:
    another_key(whole_log, *replaced)
    for name in removed:
        (whole_log / name).unlink()
    is_bad(verify(whole_log), 0)


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\n", b"no key\n"])
def test_a_damaged_public_key_vouches_for_nothing(whole_log: Path, text: bytes) -> None:
    (whole_log / "log.pub").write_bytes(text)
    is_bad(verify(whole_log), 0)


def test_a_damaged_secret_key_is_told(whole_log: Path) -> None:
    (whole_log / "log.key").write_text("PRIVATE+KEY+x\n")
    is_bad(verify(whole_log), None)


def test_the_public_key_is_enough(whole_log: Path) -> None:
    (whole_log / "log.key").unlink()
    assert verify(whole_log).ok


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
