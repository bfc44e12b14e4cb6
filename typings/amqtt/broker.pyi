"""The part of amqtt's broker that we call; the library carries no types of its own."""

import asyncio
from typing import Any

from amqtt.contexts import BrokerConfig

class Broker:
    _subscriptions: dict[str, Any]
    def __init__(self, config: BrokerConfig) -> None: ...
    async def start(self) -> None: ...
    async def shutdown(self) -> None: ...
    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None: ...
