"""A simulated device's connection to a broker: aiomqtt with this project's errors."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiomqtt

from ..drivers.errors import LinkLost
from ..drivers.transport.mqtt import BrokerAddress
from .publisher import Connection

TIMEOUT_S = 10.0


class _Client:
    """Publishes at QoS 0."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish one payload."""
        await self._client.publish(topic, payload)


@asynccontextmanager
async def connection(address: BrokerAddress) -> AsyncGenerator[Connection, None]:
    """Hold a connection to the broker at `address`.

    Raises
    ------
    LinkLost
        If it cannot be made, or breaks; the text says which broker and why.
    """
    client = aiomqtt.Client(
        address.host,
        address.port,
        username=address.username,
        password=address.password,
        tls_context=_tls(address) if address.tls else None,
        timeout=TIMEOUT_S,
    )
    try:
        async with client:
            yield _Client(client)
    except aiomqtt.MqttError as error:
        raise LinkLost(f"broker {address.host}:{address.port}: {error}") from None


def _tls(address: BrokerAddress) -> ssl.SSLContext:
    """Verified; with the site's own authority and certificate where it has them."""
    try:
        context = ssl.create_default_context(cafile=address.ca_file)
        if address.certificate_file:
            context.load_cert_chain(address.certificate_file, address.key_file)
    except OSError as error:
        raise LinkLost(f"broker {address.host}:{address.port}: TLS files: {error}") from None
    return context
