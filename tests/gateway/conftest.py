"""Brokers for consoles and gateways, both that the project is used with; and the command line."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havik.drivers.transport.mqtt import BrokerAddress
from havik.gateway.cli.main import main
from havik.simulators.embedded import embedded_broker

if TYPE_CHECKING:
    from tests.conftest import Mosquitto


@pytest.fixture
def address(mosquitto: Mosquitto) -> BrokerAddress:
    """A real mosquitto that lets everybody in."""
    return BrokerAddress(host=mosquitto.host, port=mosquitto.port)


@pytest.fixture(params=["mosquitto", "embedded"])
async def either_broker(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[BrokerAddress]:
    """A real mosquitto, or the broker of the demonstration with its login."""
    if request.param == "mosquitto":
        mosquitto: Mosquitto = request.getfixturevalue("mosquitto")
        yield BrokerAddress(host=mosquitto.host, port=mosquitto.port)
        return
    async with embedded_broker(tmp_path / "broker") as broker:
        yield BrokerAddress(
            host=broker.host,
            port=broker.port,
            username=broker.username,
            password=broker.password_file.read_text().strip(),
        )


class Havik:
    """The command line in this process: what it gives back, writes and says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        """The exit code, standard output and standard error of one command."""
        self._monkeypatch.setattr(sys, "argv", ["havik", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = self._capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return code or 0, told.out, told.err

    def refuses(self, *arguments: object) -> str:
        """The one line with which wrong use ends: exit code 2, and nothing done."""
        code, out, told = self(*arguments)
        assert (code, out) == (2, ""), told
        assert told.startswith("havik: ") and told.count("\n") == 1 and told.endswith("\n")
        return told.removeprefix("havik: ").rstrip("\n")


@pytest.fixture
def havik(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Havik:
    """The command line."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return Havik(monkeypatch, capsys)
