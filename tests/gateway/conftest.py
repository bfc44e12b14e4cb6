"""A broker for consoles and gateways: both that the project is used with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havik.drivers.transport.mqtt import BrokerAddress
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
