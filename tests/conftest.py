"""A leaked task or an unclosed socket fails the test that left it."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
async def _tasks_end() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = {t for t in asyncio.all_tasks() - before if not t.done()} - {asyncio.current_task()}
    for task in left:
        task.cancel()
    assert not left, f"tasks left running: {sorted(t.get_name() for t in left if t)}"


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_tasks_end")
    yield
    gc.collect()  # an unclosed socket or file warns here, and a warning is an error


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings; a test that needs it is skipped, and says so, without it."""
    folder = Path(os.environ.get("HAVIK_DATA", ROOT.parent / "shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}: set HAVIK_DATA to their folder")
    return folder
