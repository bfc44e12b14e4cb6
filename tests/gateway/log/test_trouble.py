from __future__ import annotations

import logging

import pytest

from havik.gateway.log.trouble import LONGEST_PAUSE_S, Trouble


def test_it_is_told_once_however_often_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    trouble = Trouble("the spool cannot be written", logging.getLogger("test"))
    trouble.worked()
    assert trouble.reason is None
    pauses = [trouble.failed("the disk is full") for _ in range(12)]
    assert trouble.reason == "the spool cannot be written: the disk is full"
    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < pauses[1]
    assert pauses[-1] == LONGEST_PAUSE_S
    trouble.worked()
    assert trouble.reason is None
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert trouble.failed("again") == pauses[0]


def test_the_newest_reason_is_shown() -> None:
    trouble = Trouble("it fails", logging.getLogger("test"))
    trouble.failed("one")
    trouble.failed("two")
    assert trouble.reason == "it fails: two"
